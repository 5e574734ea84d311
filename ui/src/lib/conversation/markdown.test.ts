// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from './markdown';

describe('a reply', () => {
	it('is rendered as Markdown', () => {
		expect(renderMarkdown('**A** or\n- B')).toContain('<strong>A</strong>');
		expect(renderMarkdown('1. one\n2. two')).toContain('<ol>');
	});
	it('shows HTML as text and runs nothing', () => {
		const html = renderMarkdown('<script>alert(1)</script><img src=x onerror=alert(1)>');
		expect(html).not.toMatch(/<(script|img)/i);
		expect(html).toContain('&lt;script&gt;');
	});
	it('keeps no dangerous link and loads no picture', () => {
		expect(renderMarkdown('[x](javascript:alert(1))')).not.toContain('href');
		expect(renderMarkdown('![x](https://example.org/a.png)')).not.toContain('<img');
		expect(renderMarkdown('[x](https://example.org)')).toContain('rel="noopener noreferrer nofollow"');
	});
});
