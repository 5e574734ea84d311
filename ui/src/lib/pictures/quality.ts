/** Decision quality: seven self-assessed elements, of which the lowest counts. */
import { DQ_ELEMENTS, type DecisionQualityAnalysis, type Priority } from '$lib/api/types';

/** From this score on an element is good enough. */
export const ACCEPTABLE = 80;

export interface RatedElement {
	name: string;
	score: number | null;
	improvement_path?: string | null;
}

export function isPercentage(value: unknown): value is number {
	return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100;
}

export function priorityOf(score: number): Priority {
	if (score <= 30) return 'critical';
	if (score <= 50) return 'high';
	return score <= 70 ? 'medium' : 'low';
}

export function decisionQuality(rated: readonly RatedElement[]): DecisionQualityAnalysis {
	const byName = new Map(rated.map((element) => [element.name, element]));
	const elements = DQ_ELEMENTS.map((name) => {
		const score = byName.get(name)?.score ?? null;
		const valid = isPercentage(score) ? score : null;
		return { name, score: valid, priority: valid === null ? null : priorityOf(valid) };
	});
	const scored = elements.flatMap((e) => (e.score === null ? [] : [{ name: e.name, score: e.score }]));
	const lowest = scored.length === 0 ? null : Math.min(...scored.map((e) => e.score));
	const all = scored.length === DQ_ELEMENTS.length;
	return {
		overall: all ? lowest : null,
		lowest_so_far: lowest,
		weakest: scored.find((e) => e.score === lowest)?.name ?? null,
		acceptable: all && lowest !== null && lowest >= ACCEPTABLE,
		rated: scored.length,
		elements,
		suggestions: scored
			.filter((e) => e.score < ACCEPTABLE)
			.sort((a, b) => a.score - b.score)
			.map((e) => ({
				element: e.name,
				score: e.score,
				priority: priorityOf(e.score),
				improvement_path: byName.get(e.name)?.improvement_path || null
			})),
		affirmation_offered: all && lowest === 100
	};
}
