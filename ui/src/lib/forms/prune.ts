/** Takes out of an edited output what nobody has filled in. */
import type { ComponentType } from '$lib/api/types';

/**
 * For each list, by its path: the fields that people fill. A row in which all of them are empty is blank. Lists that are not
 * named here hold references or plain texts.
 */
const FILLED_BY_PEOPLE: Record<string, readonly string[]> = {
	'issue_raising/potential_decisions': ['description', 'notes'],
	'issue_raising/objectives': ['description'],
	'issue_raising/uncertainties': ['description', 'driver'],
	'issue_raising/considerations': ['text'],
	'problem_frame/focal_decision/constraints': ['description'],
	'problem_frame/decision_hierarchy/already_made': ['statement', 'outcome'],
	'problem_frame/decision_hierarchy/deferred': ['statement', 'outcome'],
	'problem_frame/parties': ['name', 'influence', 'concerns'],
	'problem_frame/linked_decisions': ['description'],
	'objectives/fundamental_objectives': ['name', 'description', 'performance_measure', 'weight'],
	'objectives/means_objectives': ['description', 'supports'],
	'alternatives/alternatives': ['name', 'description', 'assumptions'],
	'alternatives/strategy_table/decision_columns': ['name', 'options'],
	'alternatives/strategy_table/strategies': ['selections'],
	'consequences/uncertainties': ['description', 'driver'],
	'recommendation/key_considerations': ['text'],
	'recommendation/caveats': ['text'],
	'recommendation/remaining_uncertainties': ['description', 'impact', 'resolution_path'],
	'decision_quality/elements': ['score', 'rationale', 'improvement_path'],
	'notes_next_steps/notes': ['text'],
	'notes_next_steps/open_questions': ['text'],
	'notes_next_steps/revisit_triggers': ['text'],
	'notes_next_steps/planned_actions': ['action', 'owner', 'due_date'],
	'notes_next_steps/further_analysis_paths': ['text']
};

/** Groups that mean nothing without certain fields, by path. */
const NEEDS: Record<string, readonly string[]> = {
	'problem_frame/decision_maker': ['name', 'role'],
	'problem_frame/focal_decision': ['statement', 'scope', 'constraints', 'trigger', 'deadline'],
	'problem_frame/focal_decision/deadline': ['date'],
	'problem_frame/focal_decision/scope': ['in', 'out'],
	'objectives/fundamental_objectives/*/performance_measure': ['metric', 'target', 'units', 'tolerance'],
	'alternatives/strategy_table': ['decision_columns'],
	'consequences/table/cells/*': ['rating', 'rationale', 'quantity', 'uncertainty'],
	'consequences/table/cells/*/quantity': ['value', 'unit', 'source'],
	'consequences/table/cells/*/uncertainty': ['level', 'driver']
};

/** Maps whose keys are ids; their entries count as the entries of a list. */
const MAPS = ['consequences/table/cells', 'alternatives/strategy_table/strategies/*/selections'];

/** A choice that was made but not yet explained stays, so that the missing text can be asked for. */
const KEPT_EMPTY = ['tradeoffs/dominated_alternatives/*/cleared/reason'];

function isEmpty(value: unknown): boolean {
	if (value === null || value === undefined) return true;
	if (typeof value === 'string') return value.trim() === '';
	if (Array.isArray(value)) return value.length === 0;
	return typeof value === 'object' && Object.keys(value).length === 0;
}

function isBlank(value: unknown, fields: readonly string[] | undefined): boolean {
	if (!fields || value === null || typeof value !== 'object') return false;
	return fields.every((field) => isEmpty((value as Record<string, unknown>)[field]));
}

function prune(value: unknown, path: string): unknown {
	if (Array.isArray(value)) {
		const rows = FILLED_BY_PEOPLE[path];
		return value
			.map((item) => prune(item, `${path}/*`))
			.filter((item) => item !== undefined && !isBlank(item, rows) && !(typeof item === 'string' && item.trim() === ''));
	}
	if (value === null || typeof value !== 'object') return value;
	const kept: Record<string, unknown> = {};
	const isMap = MAPS.includes(path);
	for (const [key, inner] of Object.entries(value)) {
		const pruned = prune(inner, isMap ? `${path}/*` : `${path}/${key}`);
		if (Array.isArray(pruned) || !isEmpty(pruned) || KEPT_EMPTY.includes(`${path}/${key}`)) kept[key] = pruned;
	}
	return isBlank(kept, NEEDS[path]) ? undefined : kept;
}

/** The output without empty texts, empty groups and blank rows. Lists stay, even when empty. */
export function pruneBlank(type: ComponentType, output: object): object {
	return (prune(output, type) as object | undefined) ?? {};
}

/** Removes blank rows and blank lines from the lists of a model in place, so that its positions agree with what is sent. */
export function dropBlankRows(type: ComponentType, model: object): void {
	walk(model, type);
}

function walk(value: unknown, path: string): void {
	if (Array.isArray(value)) {
		for (let at = value.length - 1; at >= 0; at--) {
			const item: unknown = value[at];
			const blank =
				typeof item === 'string'
					? item.trim() === ''
					: isBlank(prune(item, `${path}/*`) ?? {}, FILLED_BY_PEOPLE[path]) && path !== 'decision_quality/elements';
			if (blank) value.splice(at, 1);
			else walk(item, `${path}/*`);
		}
	} else if (value !== null && typeof value === 'object') {
		const isMap = MAPS.includes(path);
		for (const [key, inner] of Object.entries(value)) walk(inner, isMap ? `${path}/*` : `${path}/${key}`);
	}
}
