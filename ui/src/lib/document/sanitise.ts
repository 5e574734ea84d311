/** Makes the document's HTML safe to stand in the page, in the page's own dress. */
import DOMPurify from 'dompurify';

const HEADINGS = ['h5', 'h4', 'h3', 'h2', 'h1'];

/**
 * The content of a rendered document: no scripts, styles, forms, pictures or links to elsewhere. It is no second main part of the
 * page, and its headings are one level lower than in the file, because the page has a heading of its own.
 */
export function documentContent(html: string, page: Window & typeof globalThis = window): DocumentFragment {
	const purify = DOMPurify(page);
	const fragment = purify.sanitize(html, {
		RETURN_DOM_FRAGMENT: true,
		USE_PROFILES: { html: true },
		FORBID_TAGS: ['style', 'form', 'input', 'button', 'img', 'video', 'audio', 'iframe', 'title', 'main'],
		FORBID_ATTR: ['style'],
		ADD_ATTR: ['tabindex']
	});
	for (const name of HEADINGS) {
		for (const heading of fragment.querySelectorAll(name)) {
			const lower = page.document.createElement(`h${Number(name[1]) + 1}`);
			for (const { name: attribute, value } of heading.attributes) lower.setAttribute(attribute, value);
			lower.append(...heading.childNodes);
			heading.replaceWith(lower);
		}
	}
	return fragment;
}
