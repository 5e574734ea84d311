/** Markdown of replies as safe HTML. Raw HTML in the text is shown as text; what is left is cleaned once more before it is shown. */
import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true });
// Replies hold no pictures: an address in an image would be fetched without anyone asking for it.
markdown.disable('image');

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
	if (node.tagName === 'A') {
		node.setAttribute('target', '_blank');
		node.setAttribute('rel', 'noopener noreferrer nofollow');
	}
});

const ALLOWED_TAGS = [
	'p', 'br', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'hr', 'ul', 'ol', 'li', 'a',
	'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td'
]; // prettier-ignore

export function renderMarkdown(text: string): string {
	return DOMPurify.sanitize(markdown.render(text), { ALLOWED_TAGS, ALLOWED_ATTR: ['href', 'start'] });
}
