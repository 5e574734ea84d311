import type { Letter, LetterStatus } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import { LETTER_STEP, stepOf } from './steps';

const STANDING: Record<LetterStatus, () => string> = {
	not_started: m.frame_status_not_started,
	in_progress: m.frame_status_in_progress,
	completed: m.frame_status_complete
};

/** "Objectives: in progress", for titles and screen readers. */
export function letterTitle(letter: Letter, status: LetterStatus): string {
	return m.decision_letter({ step: stepOf(LETTER_STEP[letter]).name(), status: STANDING[status]().toLowerCase() });
}
