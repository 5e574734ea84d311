import { describe, expect, it } from 'vitest';
import { COMPONENT_TYPES, type ComponentStatus } from '$lib/api/types';
import { lettersOf, STEPS, stepOf } from './steps';

const with_ = (statuses: Partial<Record<(typeof COMPONENT_TYPES)[number], ComponentStatus>>) =>
	COMPONENT_TYPES.map((component_type) => ({ component_type, status: statuses[component_type] ?? ('not_started' as const) }));

describe('the letters', () => {
	it('are grey before anything has begun', () => {
		expect(lettersOf(with_({ issue_raising: 'complete' }))).toEqual({
			p: 'not_started',
			r: 'not_started',
			o: 'not_started',
			a: 'not_started',
			c: 'not_started',
			t: 'not_started'
		});
	});
	it('count a step under revision as in progress', () => {
		expect(lettersOf(with_({ problem_frame: 'complete', objectives: 'needs_revision' }))).toMatchObject({ p: 'completed', r: 'in_progress' });
	});
	it('complete T only when recommendation and decision quality both are', () => {
		expect(lettersOf(with_({ recommendation: 'complete' })).t).toBe('in_progress');
		expect(lettersOf(with_({ recommendation: 'complete', decision_quality: 'complete' })).t).toBe('completed');
	});
});

describe('the steps', () => {
	it('stand in the order of the nine components', () => {
		expect(STEPS.map((step) => step.type)).toEqual([...COMPONENT_TYPES]);
		expect(stepOf('notes_next_steps')).toMatchObject({ number: 9, after: 'issue_raising' });
	});
});
