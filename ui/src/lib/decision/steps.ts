/** The nine steps: number, name, purpose, and which letter of the cycle tree stands for which of them. */
import { COMPONENT_TYPES, type Component, type ComponentType, type Letter, type Letters, type LetterStatus } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';

export interface Step {
	type: ComponentType;
	number: number;
	name: () => string;
	purpose: () => string;
	/** The step that has to be started first. */
	after: ComponentType | null;
}

export const STEPS: readonly Step[] = [
	{ type: 'issue_raising', number: 1, name: m.decision_step_issue_raising, purpose: m.decision_purpose_issue_raising, after: null },
	{ type: 'problem_frame', number: 2, name: m.decision_step_problem_frame, purpose: m.decision_purpose_problem_frame, after: 'issue_raising' },
	{ type: 'objectives', number: 3, name: m.decision_step_objectives, purpose: m.decision_purpose_objectives, after: 'problem_frame' },
	{ type: 'alternatives', number: 4, name: m.decision_step_alternatives, purpose: m.decision_purpose_alternatives, after: 'objectives' },
	{ type: 'consequences', number: 5, name: m.decision_step_consequences, purpose: m.decision_purpose_consequences, after: 'alternatives' },
	{ type: 'tradeoffs', number: 6, name: m.decision_step_tradeoffs, purpose: m.decision_purpose_tradeoffs, after: 'consequences' },
	{ type: 'recommendation', number: 7, name: m.decision_step_recommendation, purpose: m.decision_purpose_recommendation, after: 'tradeoffs' },
	{
		type: 'decision_quality',
		number: 8,
		name: m.decision_step_decision_quality,
		purpose: m.decision_purpose_decision_quality,
		after: 'recommendation'
	},
	{
		type: 'notes_next_steps',
		number: 9,
		name: m.decision_step_notes_next_steps,
		purpose: m.decision_purpose_notes_next_steps,
		after: 'issue_raising'
	}
];

export function stepOf(type: ComponentType): Step {
	return STEPS[COMPONENT_TYPES.indexOf(type)]!;
}
export function isComponentType(value: string | null | undefined): value is ComponentType {
	return COMPONENT_TYPES.includes(value as ComponentType);
}

/** The step a letter opens; T stands for the recommendation and the decision quality after it. */
export const LETTER_STEP: Record<Letter, ComponentType> = {
	p: 'problem_frame',
	r: 'objectives',
	o: 'alternatives',
	a: 'consequences',
	c: 'tradeoffs',
	t: 'recommendation'
};

/** The letters' standing from the statuses of the components; `needs_revision` counts as in progress. T needs decision quality where the plan has it. */
export function lettersOf(components: readonly Pick<Component, 'component_type' | 'status'>[], hasQuality = true): Letters {
	const statusOf = (type: ComponentType) => components.find((component) => component.component_type === type)?.status ?? 'not_started';
	const letter = (...types: ComponentType[]): LetterStatus => {
		const statuses = types.map(statusOf);
		if (statuses.every((status) => status === 'complete')) return 'completed';
		return statuses.every((status) => status === 'not_started') ? 'not_started' : 'in_progress';
	};
	return {
		p: letter('problem_frame'),
		r: letter('objectives'),
		o: letter('alternatives'),
		a: letter('consequences'),
		c: letter('tradeoffs'),
		t: hasQuality ? letter('recommendation', 'decision_quality') : letter('recommendation')
	};
}
