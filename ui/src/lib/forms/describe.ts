/** Parts of an output in words, for showing two versions of it side by side. */
import type { ComponentType, OutputsSoFar } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import { signed } from '$lib/pictures/rating-table';
import { elementName } from '$lib/pictures/words';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Fields that name the thing they are in, best first. */
const NAMING = ['name', 'statement', 'description', 'text', 'action', 'metric', 'reason', 'rationale'];

/** What fields are called on the forms; others are spelled out from their wire name. */
const FIELD_NAMES: Record<string, () => string> = {
	potential_decisions: m.forms_bucket_decisions,
	uncertainties: m.forms_bucket_uncertainties,
	considerations: m.forms_bucket_considerations,
	objectives: m.forms_bucket_objectives,
	focal_decision_id: m.forms_focal_decision,
	decision_maker: m.forms_decision_maker,
	statement: m.forms_statement,
	constraints: m.forms_constraints,
	parties: m.forms_parties,
	deadline: m.forms_deadline,
	ultimate_aim: m.forms_ultimate_aim,
	already_made: m.forms_already_made,
	deferred: m.forms_deferred,
	linked_decisions: m.forms_linked_decisions,
	fundamental_objectives: m.forms_fundamental_objectives,
	means_objectives: m.forms_means_objectives,
	assumptions: m.forms_assumptions,
	strategy_table: m.forms_strategy_table,
	rationale: m.forms_rationale,
	synthesis: m.forms_synthesis,
	standout_option: m.forms_standout,
	key_considerations: m.forms_key_considerations,
	caveats: m.forms_caveats,
	remaining_uncertainties: m.forms_remaining_uncertainties,
	sensitivity_notes: m.forms_sensitivity_notes,
	dominated_alternatives: m.forms_dominated,
	irrelevant_objectives: m.forms_irrelevant,
	tensions: m.forms_tensions,
	planned_actions: m.forms_actions,
	open_questions: m.forms_open_questions,
	revisit_triggers: m.forms_revisit_triggers,
	decision_affirmation: m.forms_affirmation,
	further_analysis_paths: m.forms_further_paths,
	notes: m.forms_notes
};

export type Names = ReadonlyMap<string, string>;

function isObject(value: unknown): value is Record<string, unknown> {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function naming(value: unknown): string | undefined {
	if (!isObject(value)) return undefined;
	for (const field of NAMING) {
		const text = value[field];
		if (typeof text === 'string' && text.trim()) return text.trim();
	}
	return undefined;
}

/** Names of everything with an id in the given outputs. */
export function namesIn(outputs: OutputsSoFar, more: readonly unknown[]): Names {
	const names = new Map<string, string>();
	const collect = (value: unknown): void => {
		if (Array.isArray(value)) value.forEach(collect);
		else if (isObject(value)) {
			const name = naming(value);
			if (typeof value.id === 'string' && name) names.set(value.id, name);
			Object.values(value).forEach(collect);
		}
	};
	collect(Object.values(outputs));
	more.forEach(collect);
	return names;
}

function spelledOut(field: string): string {
	const words = field.replaceAll('_', ' ').trim();
	return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

function stepName(step: string, names: Names): string {
	const known = FIELD_NAMES[step];
	if (known) return known();
	const [alternative, objective] = step.split(':');
	if (objective !== undefined) return `${names.get(alternative ?? '') ?? '?'} · ${names.get(objective) ?? '?'}`;
	return names.get(step) ?? (UUID.test(step) ? '…' : spelledOut(step));
}

/** Where a difference is, in the words of the form: "Alternatives › Lombard › Name". */
export function nameOfPlace(type: ComponentType, path: readonly string[], names: Names): string {
	const hidden = new Set(['table', 'cells', 'focal_decision', 'decision_hierarchy', type]);
	const steps = path.filter((step) => !hidden.has(step));
	return (steps.length > 0 ? steps : path).map((step) => stepName(step, names)).join(' › ');
}

/** A value for reading: texts as they are, ids by name, things by their fields. */
export function describeValue(value: unknown, names: Names): string {
	if (value === null || value === undefined) return '';
	if (typeof value === 'boolean') return value ? m.forms_yes() : m.forms_no();
	if (typeof value === 'number') return String(value);
	if (typeof value === 'string') return names.get(value) ?? value;
	if (Array.isArray(value)) return value.map((item) => `• ${describeValue(item, names)}`).join('\n');
	return Object.entries(value as Record<string, unknown>)
		.filter(([field, inner]) => !['id', 'added_by', 'alternative_ids', 'objective_ids'].includes(field) && describeValue(inner, names) !== '')
		.map(([field, inner]) => {
			if (field === 'rating' && typeof inner === 'number') return signed(inner);
			if (field === 'name' && typeof inner === 'string' && 'score' in (value as object)) return elementName(inner as never);
			return NAMING.includes(field) ? describeValue(inner, names) : `${stepName(field, names)}: ${describeValue(inner, names)}`;
		})
		.join('\n');
}
