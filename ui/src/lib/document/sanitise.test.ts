// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { documentContent } from './sanitise';

function text(html: string): string {
	const host = document.createElement('div');
	host.append(documentContent(html));
	return host.innerHTML;
}

it('keeps the document and drops what could act', () => {
	const shown = text(`<!doctype html><html><head><title>T</title><style>p{}</style></head><body><main>
		<h1>Office</h1><section aria-labelledby="section-1"><h2 id="section-1">1. Issue Raising</h2></section>
		<script>alert(1)</script><p onclick="alert(1)">Rent &lt;b&gt;</p><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>
		<form><input name="q"></form></main></body></html>`);
	expect(shown).not.toMatch(/script|onclick|onerror|<style|<img|<form|<input|javascript:|<title|<main/i);
	expect(shown).toContain('<p>Rent &lt;b&gt;</p>');
});

it('keeps tables and their classes, and lowers headings by one', () => {
	const shown = text('<h1>A</h1><h2 id="section-5">B</h2><h3>C</h3><div class="table" tabindex="0"><table><tbody><tr><td class="heat dark-blue">+2</td></tr></tbody></table></div>');
	expect(shown).toBe(
		'<h2>A</h2><h3 id="section-5">B</h3><h4>C</h4><div class="table" tabindex="0"><table><tbody><tr><td class="heat dark-blue">+2</td></tr></tbody></table></div>'
	);
});
