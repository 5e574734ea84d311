import { describe, expect, it } from 'vitest';
import { describeValue, fieldsOf, withField } from './draft-values';

const alternative = { id: 'a1', name: 'Lombard', description: 'Near the station', is_status_quo: false, assumptions: ['Rent stays'], added_by: 'ai' };

describe('a drafted value', () => {
	it('offers its texts, choices and lists, but no ids and labels', () => {
		expect(fieldsOf(alternative).map((field) => [field.path.join('.'), field.kind])).toEqual([
			['name', 'text'],
			['description', 'text'],
			['is_status_quo', 'boolean'],
			['assumptions', 'lines']
		]);
		expect(fieldsOf('We move')).toMatchObject([{ path: [], kind: 'text', value: 'We move' }]);
	});
	it('reaches into nested values', () => {
		const measured = { id: 'o', name: 'Cost', performance_measure: { metric: 'Rent', direction: 'minimize' } };
		expect(fieldsOf(measured).map((field) => field.path.join('.'))).toEqual(['name', 'performance_measure.metric', 'performance_measure.direction']);
		expect(withField(measured, ['performance_measure', 'metric'], 'Rent per month')).toEqual({
			...measured,
			performance_measure: { metric: 'Rent per month', direction: 'minimize' }
		});
		expect(measured.performance_measure.metric).toBe('Rent');
	});
	it('is described by its first texts', () => {
		expect(describeValue(alternative)).toBe('Lombard: Near the station');
		expect(describeValue(3)).toBe('');
	});
});
