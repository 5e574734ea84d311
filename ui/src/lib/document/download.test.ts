import { expect, it } from 'vitest';
import { suggestedName } from './download';

it('reads plain, quoted and encoded file names', () => {
	expect(suggestedName('attachment; filename="office.md"')).toBe('office.md');
	expect(suggestedName('attachment; filename=office.md; size=3')).toBe('office.md');
	expect(suggestedName("attachment; filename=\"b.md\"; filename*=UTF-8''B%C3%BCro%20mieten.md")).toBe('Büro mieten.md');
	expect(suggestedName('attachment; filename="a\\"b.md"')).toBe('a"b.md');
	expect(suggestedName('attachment; filename="../etc/passwd"')).toBe('.._etc_passwd');
	expect(suggestedName("attachment; filename*=UTF-8''%E0%A4%A; filename=plain.md")).toBe('plain.md');
	expect(suggestedName(null)).toBeNull();
});
