import { describe, expect, it } from 'vitest';
import { m } from '$lib/paraglide/messages.js';
import { refuseDocument } from './import';

describe('a file to import', () => {
	it('may be sent when it is an exported decision', () => {
		expect(refuseDocument('{"format":"althing.decision","format_version":1}')).toBeNull();
	});
	it('is refused with the reason when it is something else', () => {
		expect(refuseDocument('{"format":"althing.dec')).toBe(m.decision_import_not_json());
		expect(refuseDocument('{"format":"other"}')).toBe(m.decision_import_other_format());
		expect(refuseDocument('null')).toBe(m.decision_import_other_format());
		expect(refuseDocument('{"format":"althing.decision","format_version":2}')).toBe(m.decision_import_other_version({ version: '2' }));
	});
});
