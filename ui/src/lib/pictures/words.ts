/** What the pictures say in words: ratings, verdicts, the smallest flip, elements of decision quality. */
import type { Analysis, CellColor, DqElementName, Flip, Priority } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import type { TableAnalysis } from './analysis';
import { listOf, number, percent, signedNumber } from './labels';
import { signed } from './rating-table';
import { alternativeName, objectiveName, type Subject } from './subject';

export function ratingWord(rating: number | null): string {
	switch (rating) {
		case 2:
			return m.pictures_rating_much_better();
		case 1:
			return m.pictures_rating_better();
		case 0:
			return m.pictures_rating_same();
		case -1:
			return m.pictures_rating_worse();
		case -2:
			return m.pictures_rating_much_worse();
		default:
			return m.pictures_rating_missing();
	}
}

export const COLOR_CLASS: Record<CellColor, string> = {
	dark_blue: 'dark-blue',
	blue: 'blue',
	neutral: 'neutral',
	orange: 'orange',
	red: 'red'
};

/** One sentence: who leads, or why nobody does. Below a margin of 10 % it says "no clear winner". */
export function verdictText(analysis: TableAnalysis, subject: Subject): string {
	const { pugh, dominance } = analysis;
	const name = (id: string) => alternativeName(subject, id);
	const leader = pugh.leaders[0];
	if (pugh.verdict === 'incomplete' || leader === undefined) {
		return pugh.missing.length > 0
			? m.pictures_verdict_incomplete({ count: pugh.missing.length })
			: m.pictures_verdict_too_few();
	}
	if (pugh.tied) {
		const score = pugh.scores.find((s) => s.alternative_id === leader)?.score ?? 0;
		return m.pictures_verdict_tie({ leaders: listOf(pugh.leaders.map(name)), score: signedNumber(score) });
	}
	const margin = percent(pugh.margin_percent);
	const gap = number(pugh.gap);
	if (pugh.verdict === 'no_clear_winner') return m.pictures_verdict_close({ leader: name(leader), gap, margin });
	if (pugh.verdict === 'clear_winner') return m.pictures_verdict_clear({ leader: name(leader), gap, margin });
	const others = dominance.viable.filter((id) => id !== leader).map(name);
	return m.pictures_verdict_tradeoffs({ leader: name(leader), gap, margin, others: listOf(others) });
}

/** The smallest change of ratings that would change the leader, in one or two sentences. */
export function flipText(flip: Flip | null, subject: Subject): string {
	if (!flip) return '';
	const [cell] = flip.cells;
	if (!cell) return m.pictures_flip_none({ steps: flip.steps });
	const example = m.pictures_flip_example({
		alternative: alternativeName(subject, cell.alternative_id),
		objective: objectiveName(subject, cell.objective_id),
		from: signed(cell.from),
		to: signed(cell.to)
	});
	const others = flip.cells.length - 1;
	return `${m.pictures_flip_steps({ steps: flip.steps })} ${example}${others > 0 ? ` ${m.pictures_flip_others({ count: others })}` : ''}`;
}

/** Why an alternative is dominated, in one sentence. */
export function dominanceText(entry: TableAnalysis['dominance']['dominated'][number], subject: Subject): string {
	return m.pictures_dominated_by({
		alternative: alternativeName(subject, entry.alternative_id),
		by: alternativeName(subject, entry.dominated_by),
		objectives: listOf(entry.strictly_worse_on.map((id) => objectiveName(subject, id)))
	});
}

export function elementName(name: DqElementName): string {
	switch (name) {
		case 'helpful_problem_frame':
			return m.pictures_dq_helpful_problem_frame();
		case 'clear_objectives':
			return m.pictures_dq_clear_objectives();
		case 'creative_alternatives':
			return m.pictures_dq_creative_alternatives();
		case 'reliable_consequence_information':
			return m.pictures_dq_reliable_consequence_information();
		case 'logically_correct_reasoning':
			return m.pictures_dq_logically_correct_reasoning();
		case 'clear_tradeoffs':
			return m.pictures_dq_clear_tradeoffs();
		case 'commitment_to_follow_through':
			return m.pictures_dq_commitment_to_follow_through();
	}
}

export function priorityWord(priority: Priority): string {
	switch (priority) {
		case 'critical':
			return m.pictures_priority_critical();
		case 'high':
			return m.pictures_priority_high();
		case 'medium':
			return m.pictures_priority_medium();
		case 'low':
			return m.pictures_priority_low();
	}
}

/** Names for the ids of a quantities comparison, which speaks of the server's own lists. */
export function namesIn(analysis: Analysis): { alternative: (id: string) => string; objective: (id: string) => string } {
	const alternatives = new Map(analysis.alternatives.map((a) => [a.id, a.name]));
	const objectives = new Map(analysis.objectives.map((o) => [o.id, o.name]));
	return { alternative: (id) => alternatives.get(id) ?? '?', objective: (id) => objectives.get(id) ?? '?' };
}
