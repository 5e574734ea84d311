/** A decision with something in every field, every step open for writing: for looking at forms, pictures, comparison and document. */
import { analyse } from '../../src/lib/pictures/analysis';
import { decisionQuality } from '../../src/lib/pictures/quality';
import type { RatingTable } from '../../src/lib/pictures/rating-table';
import {
	COMPONENT_TYPES,
	DQ_ELEMENTS,
	type Analysis,
	type CellColor,
	type Comparison,
	type Component,
	type ComponentStatus,
	type Cycle,
	type DecisionDocument,
	type DocumentVersion,
	type Outputs,
	type Overview,
	type Rating
} from '../../src/lib/api/types';
import { C1, C2, NOW, S1, user } from './data';

const id = (group: number, number: number) =>
	`00000000-0000-7${String(group).padStart(3, '0')}-9000-${String(number).padStart(12, '0')}`;

const A = ['Stay at Parkway', 'Lombard', 'Baranov by the harbour', 'Montana', 'Pierpoint'].map((name, at) => ({
	id: id(5, at),
	name,
	letter: 'ABCDE'[at]!,
	is_status_quo: at === 0
}));
const O = ['Short commute', 'Easy for customers to reach', 'Good office services', 'Low cost', 'A lease we can leave early'].map((name, at) => ({
	id: id(6, at),
	name
}));
const RATINGS: (Rating | null)[][] = [
	[0, 2, 1, 1, -1],
	[0, -1, 0, -1, -1],
	[0, 1, 2, 1, 2],
	[0, 0, 1, -2, 1],
	[0, 0, 0, 0, 0]
];

/** Two ratings are missing. */
export const INCOMPLETE = RATINGS.map((row, at) => (at < 2 ? row.map((rating, column) => (column === 3 ? null : rating)) : row));
export const NO_OUTPUTS = Object.fromEntries(COMPONENT_TYPES.map((type) => [type, null])) as { [T in keyof Outputs]: null };

function table(ratings: (number | null)[][]): RatingTable {
	return { alternativeIds: A.map((a) => a.id), objectiveIds: O.map((o) => o.id), statusQuoId: A[0]!.id, ratings };
}

export const outputs: Outputs = {
	issue_raising: {
		potential_decisions: [
			{ id: id(1, 1), description: 'Which office do we rent from July?', priority: 'high', notes: 'The lease ends in June.' },
			{ id: id(1, 2), description: 'Whether to keep a meeting room in the old building', priority: 'low', added_by: 'ai' }
		],
		focal_decision_id: id(1, 1),
		objectives: [
			{ id: id(1, 3), description: 'A short way to work' },
			{ id: id(1, 4), description: 'Quiet rooms for calls', added_by: 'ai' }
		],
		uncertainties: [{ id: id(1, 5), description: 'Whether the tram line is extended', driver: 'City council' }],
		considerations: [{ id: id(1, 6), text: 'Ingrid cannot climb stairs.' }]
	},
	problem_frame: {
		decision_maker: { name: 'Astrid Lund', role: 'Managing director' },
		focal_decision: {
			statement: 'Which office do we rent for the next five years?',
			scope: { in: ['Town of Bergen', 'Renting'], out: ['Buying'] },
			constraints: [
				{ id: id(2, 1), type: 'financial', description: 'At most 1,950 a month' },
				{ id: id(2, 2), type: 'legal', description: 'Six months’ notice' }
			],
			trigger: 'The landlord wants the rooms back',
			deadline: { date: '2027-01-31', hard: true }
		},
		decision_hierarchy: {
			already_made: [{ id: id(2, 3), statement: 'We stay in town', outcome: 'Decided in May' }],
			deferred: [{ id: id(2, 4), statement: 'Who sits where' }]
		},
		parties: [{ id: id(2, 5), name: 'The team', role: 'affected_party', influence: 'They may vote with their feet', concerns: ['Commute', 'Noise'] }],
		ultimate_aim: 'A place where good work is easy',
		linked_decisions: [{ id: id(2, 6), description: 'How much we work from home', relationship: 'constrains' }],
		ai_fields: ['/focal_decision/trigger']
	},
	objectives: {
		fundamental_objectives: O.map((objective, at) => ({
			...objective,
			performance_measure:
				at === 3 ? { metric: 'Rent per month', direction: 'minimize', units: '$', tolerance: '50' } : { metric: ['Minutes, door to door', 'Customers within 30 minutes', 'Grade', '', 'Months of notice'][at]!, direction: 'maximize' },
			weight: ['0.3', '0.2', '0.2', '0.2', '0.1'][at],
			affected_party_id: at === 0 ? id(2, 5) : null,
			...(at === 4 ? { added_by: 'ai' as const } : {})
		})),
		means_objectives: [{ id: id(3, 1), description: 'Near a tram stop', supports: [O[0]!.id, O[1]!.id] }]
	},
	alternatives: {
		alternatives: A.map(({ id: alternative, name, is_status_quo }, at) => ({
			id: alternative,
			name,
			is_status_quo,
			description: at === 2 ? 'Two floors, small rooms, right at the water.' : null,
			assumptions: at === 2 ? ['We stay below twenty people', 'The lift is repaired'] : [],
			...(at === 4 ? { added_by: 'ai' as const } : {})
		})),
		status_quo_id: A[0]!.id,
		strategy_table: {
			decision_columns: [
				{ id: id(4, 1), name: 'Furniture', options: ['Keep', 'Buy new', 'Rent'] },
				{ id: id(4, 2), name: 'Parking', options: ['None', 'Three places'] }
			],
			strategies: [{ alternative_id: A[1]!.id, selections: { [id(4, 1)]: 'Keep', [id(4, 2)]: 'None' } }]
		}
	},
	consequences: {
		table: {
			alternative_ids: A.map((a) => a.id),
			objective_ids: O.map((o) => o.id),
			cells: Object.fromEntries(
				O.flatMap((objective, row) =>
					A.map((alternative, column) => [
						`${alternative.id}:${objective.id}`,
						{
							alternative_id: alternative.id,
							objective_id: objective.id,
							rating: RATINGS[row]![column]!,
							...(row === 0 && column === 1
								? {
										rationale: 'Twenty minutes less for most of us.',
										quantity: { value: '25', unit: 'min', source: 'Tried on three mornings' },
										uncertainty: { level: 'low' as const, driver: 'Road works' }
									}
								: {})
						}
					])
				)
			)
		},
		uncertainties: [{ id: id(7, 1), description: 'The tram may come in 2028', driver: 'City council', resolvable: true, would_change_decision: true }]
	},
	tradeoffs: {
		dominated_alternatives: [
			{ alternative_id: A[0]!.id, dominated_by: [A[2]!.id], explanation: 'Staying is nowhere better.', cleared: { reason: 'Moving itself costs a month of work.' } }
		],
		irrelevant_objectives: [],
		tensions: [{ alternative_id: A[1]!.id, gains: [O[0]!.id], losses: [O[1]!.id], net_score: 2, uncertainty_impact: 'If the tram comes, less of a difference.' }]
	},
	recommendation: {
		synthesis: 'Baranov leads, and the reasons are sound: it is close for the team and as easy to reach for customers as now.',
		sensitivity_notes: 'All hangs on the commute.',
		standout_option: { alternative_id: A[4]!.id, rationale: 'It feels right.' },
		key_considerations: [{ id: id(8, 1), text: 'The harbour is noisy in summer.' }],
		caveats: [{ id: id(8, 2), text: 'Nobody has seen Pierpoint in winter.' }],
		remaining_uncertainties: [{ id: id(8, 3), description: 'Will the lift be repaired?', impact: 'Ingrid could not come', resolution_path: 'Ask for it in the contract' }],
		ai_fields: ['/sensitivity_notes']
	},
	decision_quality: {
		elements: DQ_ELEMENTS.map((name, at) => ({
			name,
			score: [85, 90, 75, 70, 85, 80, 65][at]!,
			rationale: at === 6 ? 'Two of us have not said yes yet.' : null,
			improvement_path: at === 6 ? 'Talk it through on Friday.' : null
		})),
		overall_score: 65
	},
	notes_next_steps: {
		notes: [{ id: id(9, 1), text: 'Keys are at the caretaker’s.' }],
		open_questions: [{ id: id(9, 2), text: 'Who pays for the kitchen?' }],
		revisit_triggers: [{ id: id(9, 3), text: 'The rent rises above 2,000' }],
		planned_actions: [
			{ id: id(9, 4), action: 'Ask for a draft contract', owner: 'Astrid', due_date: '2026-12-01', status: 'in_progress' },
			{ id: id(9, 5), action: 'Measure the rooms', owner: 'Ingrid', status: 'planned' }
		],
		further_analysis_paths: [{ id: id(9, 6), text: 'Value of information' }]
	}
};

export function cycle(change: { status?: ComponentStatus; outputs?: Partial<{ [T in keyof Outputs]: Outputs[T] | null }>; version?: number } = {}): Cycle {
	const { status = 'in_progress', version = 4 } = change;
	const all = { ...outputs, ...change.outputs };
	return {
		id: C1,
		session_id: S1,
		parent_cycle_id: null,
		branch_point: null,
		label: null,
		status: 'active',
		current_step: 'consequences',
		progress: { completed: 0, total: 9, percent: 0 },
		dq_score: 65,
		created_at: NOW,
		updated_at: NOW,
		completed_at: null,
		components: COMPONENT_TYPES.map((component_type, at) => ({
			id: id(20, at),
			cycle_id: C1,
			component_type,
			status,
			version,
			output: all[component_type],
			input_versions: {},
			based_on_older_input: false,
			inherited: false,
			can_start: false,
			updated_at: NOW
		})) as Component[]
	};
}

export function analysis(ratings = RATINGS): Analysis {
	const found = analyse(table(ratings));
	return {
		alternatives: A,
		objectives: O,
		...found,
		dominance: { ...found.dominance, dominated: found.dominance.dominated.map((d) => ({ ...d, explanation: '' })) },
		decision_quality: decisionQuality(outputs.decision_quality.elements.map((e) => ({ ...e, score: e.score ?? null }))),
		quantities: {
			ranks: [{ objective_id: O[3]!.id, ranks: A.map((a, at) => ({ alternative_id: a.id, rank: [4, 2, 1, 5, 3][at]! })) }],
			strict: [{ a: A[1]!.id, b: A[4]!.id }],
			practical: [{ a: A[3]!.id, b: A[0]!.id, objectives: [{ objective_id: O[3]!.id, difference: '50', tolerance: '50' }] }],
			uniform: [],
			excluded: [{ objective_id: O[1]!.id, reason: 'missing_value', pairs: [] }],
			complete: false
		}
	};
}

const COLORS: Record<string, CellColor> = { '2': 'dark_blue', '1': 'blue', '0': 'neutral', '-1': 'orange', '-2': 'red' };

export function overview(ratings: (number | null)[][] | null = RATINGS, cycleId = C1): Overview {
	const found = ratings ? analyse(table(ratings)) : null;
	return {
		sessionId: S1,
		title: 'Which office to rent',
		description: null,
		sessionStatus: 'active',
		cycleId,
		cycleStatus: 'active',
		cycleLabel: null,
		decisionStatement: outputs.problem_frame.focal_decision!.statement,
		objectives: [
			...O.map((o, at) => ({ id: o.id, description: o.name, isFundamental: true, measure: at === 3 ? 'Rent per month' : null })),
			{ id: id(3, 1), description: 'Near a tram stop', isFundamental: false }
		],
		alternatives: A.map((a, at) => ({
			id: a.id,
			name: a.name,
			letter: a.letter,
			isStatusQuo: a.is_status_quo,
			pughScore: found?.pugh.scores[at]?.score ?? null,
			rank: found?.pugh.scores[at]?.rank ?? null,
			isDominated: found?.dominance.dominated.some((d) => d.alternative_id === a.id) ?? false
		})),
		consequencesTable: ratings
			? {
					alternatives: A.map((a) => a.id),
					objectives: O.map((o) => o.id),
					cells: ratings.map((row, r) =>
						row.map((rating, c) =>
							rating === null
								? null
								: { rating, color: COLORS[String(rating)]!, explanationPreview: r === 0 && c === 1 ? 'Twenty minutes less for most of us.' : null }
						)
					)
				}
			: null,
		totals: found
			? {
					complete: found.pugh.complete,
					leaders: found.pugh.leaders,
					tied: found.pugh.tied,
					marginPercent: found.pugh.margin_percent,
					verdict: found.pugh.verdict,
					flip: null
				}
			: null,
		recommendation: ratings
			? { hasStandout: true, standoutName: A[4]!.name, standoutIsDominated: true, synthesisPreview: 'Baranov leads', caveatCount: 1 }
			: null,
		dqScore: ratings ? 65 : null,
		dqElements: ratings ? outputs.decision_quality.elements.map((e) => ({ name: e.name, score: e.score! })) : null,
		dqWeakest: ratings ? 'commitment_to_follow_through' : null,
		components: cycle().components.map((c) => ({ id: c.id, type: c.component_type, status: c.status, version: c.version, basedOnOlderInput: false })),
		progress: { completed: 0, total: 9, percent: 0, currentStep: 'consequences' },
		activeCycleId: C1,
		cycleCount: 2,
		lastUpdated: NOW,
		snapshotVersion: 40,
		freshness: { updatedAt: NOW, freshnessLevel: 'fresh', shouldRefresh: false, staleComponents: [] }
	};
}

const OTHER = RATINGS.map((row, at) => (at === 0 ? [0, 2, -1, 1, -1] : row));
export const comparison: Comparison = {
	cycles: [
		{ cycleId: C1, label: null, overview: overview(RATINGS, C1) },
		{ cycleId: C2, label: 'We also look outside town', overview: { ...overview(OTHER, C2), dqScore: 90, decisionStatement: 'Which office do we rent?' } }
	],
	differences: [
		{ component: 'consequences', cycle: C2, description: 'Lombard leads instead of Baranov by the harbour.', significance: 'major' },
		{ component: 'decision_quality', cycle: C2, description: 'Decision quality is 90 instead of 65.', significance: 'major' },
		{ component: 'consequences', cycle: C2, description: 'Baranov by the harbour on Short commute is rated −1 instead of +1.', significance: 'moderate' },
		{ component: 'problem_frame', cycle: C2, description: 'The decision statement is worded differently.', significance: 'minor' }
	],
	summary: {
		cycles: [RATINGS, OTHER].map((ratings, at) => {
			const found = analyse(table(ratings));
			return {
				cycleId: at === 0 ? C1 : C2,
				label: at === 0 ? null : 'We also look outside town',
				totals: A.map((a, column) => ({
					id: a.id,
					name: a.name,
					score: found.pugh.scores[column]!.score,
					rank: found.pugh.scores[column]!.rank,
					isDominated: found.dominance.dominated.some((d) => d.alternative_id === a.id)
				})),
				leaders: found.pugh.leaders,
				verdict: found.pugh.verdict,
				dqScore: at === 0 ? 65 : 90
			};
		})
	}
};

const TITLES = ['Issue Raising', 'Problem Frame', 'Objectives', 'Alternatives', 'Consequences', 'Tradeoffs', 'Recommendation', 'Decision Quality', 'Notes and Next Steps'];
const matrix = `<div class="table" tabindex="0"><table><caption>Ratings</caption><thead><tr><th scope="col">Objective</th>${A.map((a) => `<th scope="col" class="number">${a.letter} ${a.name}</th>`).join('')}</tr></thead><tbody>${O.map((o, row) => `<tr><td>${o.name}</td>${RATINGS[row]!.map((r) => `<td class="heat ${{ '2': 'dark-blue', '1': 'blue', '0': 'neutral', '-1': 'orange', '-2': 'red' }[String(r)]}">${r! > 0 ? '+' : ''}${r}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;

export const decisionDocument: DecisionDocument = {
	cycle_id: C1,
	version: 31,
	checksum: 'abc',
	markdown: '# Which office to rent',
	html: `<!doctype html><html><head><title>x</title><style>body{color:red}</style></head><body><main><header><h1>Which office to rent</h1><p class="statement">Which office do we rent for the next five years?</p><dl><div><dt>Status</dt><dd>active</dd></div><div><dt>Decision quality</dt><dd>65</dd></div></dl></header>${TITLES.map((title, at) => `<section aria-labelledby="section-${at + 1}"><h2 id="section-${at + 1}">${at + 1}. ${title}</h2>${at === 4 ? `<p class="marks"><span>based on older input</span></p>${matrix}<p>Total margin 10 %.</p>` : '<p>What was written here. <span class="ai" title="Added by AI">AI</span></p><ul><li>One</li><li>Two</li></ul>'}</section>`).join('')}<footer><dl><div><dt>Version</dt><dd>31</dd></div></dl></footer></main></body></html>`,
	sections: COMPONENT_TYPES.map((component_type, at) => ({
		component_type,
		number: at + 1,
		title: TITLES[at]!,
		status: 'in_progress',
		inherited: at < 2,
		based_on_older_input: at === 4
	})),
	letters: { p: 'completed', r: 'completed', o: 'completed', a: 'in_progress', c: 'in_progress', t: 'not_started' },
	overall_percent: 50,
	weakest_element: 'commitment_to_follow_through',
	last_changed_at: NOW,
	last_changed_by: { id: user.id, name: 'Astrid Lund' }
};
export const documentHistory: DocumentVersion[] = Array.from({ length: 31 }, (_, at) => ({
	version: at + 1,
	at: NOW,
	user: { id: user.id, name: 'Astrid Lund' },
	changed_sections: [COMPONENT_TYPES[at % 9]!]
}));

/** Everything rated in a table of `size` by `size`. */
export function large(size: number): Cycle {
	const alternatives = Array.from({ length: size }, (_, at) => ({ id: id(30, at), name: `Alternative ${at + 1}`, is_status_quo: at === 0, assumptions: [] }));
	const objectives = Array.from({ length: size }, (_, at) => ({ id: id(31, at), name: `Objective ${at + 1}` }));
	const cells = Object.fromEntries(
		objectives.flatMap((objective, row) =>
			alternatives.map((alternative, column) => [
				`${alternative.id}:${objective.id}`,
				{
					alternative_id: alternative.id,
					objective_id: objective.id,
					rating: (column === 0 ? 0 : ((row * 7 + column * 3) % 5) - 2) as Rating,
					rationale: 'A reason of ordinary length, as people write them.'
				}
			])
		)
	);
	return cycle({
		outputs: {
			alternatives: { alternatives, status_quo_id: alternatives[0]!.id },
			objectives: { fundamental_objectives: objectives },
			consequences: { table: { alternative_ids: alternatives.map((a) => a.id), objective_ids: objectives.map((o) => o.id), cells }, uncertainties: [] }
		}
	});
}
