/** Documents, dashboard views (camelCase, as on the wire) and the live channel. */
import type { Verdict } from './analysis';
import type { Id, Time } from './base';
import type { ComponentStatus, ComponentType, CycleStatus, Progress, SessionStatus } from './decisions';
import type { DqElementName } from './outputs';

export type LetterStatus = 'not_started' | 'in_progress' | 'completed';
export const LETTERS = ['p', 'r', 'o', 'a', 'c', 't'] as const;
export type Letter = (typeof LETTERS)[number];
export type Letters = Record<Letter, LetterStatus>;

export interface DecisionDocument {
	cycle_id: Id;
	version: number;
	checksum: string;
	markdown: string;
	html: string;
	sections: {
		component_type: ComponentType;
		number: number;
		title: string;
		status: ComponentStatus;
		inherited: boolean;
		based_on_older_input: boolean;
	}[];
	letters: Letters;
	overall_percent: number;
	weakest_element: DqElementName | null;
	last_changed_at: Time | null;
	last_changed_by: { id: Id; name: string } | null;
}
export interface DocumentVersion {
	version: number;
	at: Time;
	user: { id: Id; name: string } | null;
	changed_sections: ComponentType[];
}


export interface CycleNode {
	cycleId: Id;
	label: string | null;
	status: CycleStatus;
	branchPoint: ComponentType | null;
	letters: Letters;
	overallPercent: number;
	dqScore: number | null;
	createdAt: Time;
	updatedAt: Time;
	children: CycleNode[];
}

export type CellColor = 'dark_blue' | 'blue' | 'neutral' | 'orange' | 'red';
export interface OverviewFlip {
	steps: number;
	rivals: Id[];
	singleCell: boolean;
	cells: { alternativeId: Id; objectiveId: Id; from: number; to: number; leadersAfter: Id[] }[];
}
export interface Overview {
	sessionId: Id;
	title: string;
	description: string | null;
	sessionStatus: SessionStatus;
	cycleId: Id | null;
	cycleStatus: CycleStatus | null;
	cycleLabel: string | null;
	decisionStatement: string | null;
	objectives: { id: Id; description: string; isFundamental: boolean; measure?: string | null }[];
	alternatives: {
		id: Id;
		name: string;
		letter: string;
		isStatusQuo: boolean;
		pughScore?: number | null;
		rank?: number | null;
		isDominated: boolean;
	}[];
	consequencesTable: {
		alternatives: Id[];
		objectives: Id[];
		/** `cells[objective][alternative]`. */
		cells: ({ rating: number; color: CellColor; explanationPreview: string | null } | null)[][];
	} | null;
	totals: {
		complete: boolean;
		leaders: Id[];
		tied: boolean;
		marginPercent: number;
		verdict: Verdict;
		flip: OverviewFlip | null;
	} | null;
	recommendation: {
		hasStandout: boolean;
		standoutName?: string | null;
		standoutIsDominated: boolean;
		synthesisPreview: string;
		caveatCount: number;
	} | null;
	dqScore: number | null;
	dqElements: { name: DqElementName; score: number }[] | null;
	dqWeakest: DqElementName | null;
	components: {
		id: Id;
		type: ComponentType;
		status: ComponentStatus;
		version: number;
		basedOnOlderInput: boolean;
	}[];
	progress: LiveProgress;
	activeCycleId: Id | null;
	cycleCount: number;
	lastUpdated: Time;
	snapshotVersion: number;
	freshness: {
		updatedAt: Time;
		freshnessLevel: 'fresh' | 'warm' | 'stale' | 'expired';
		shouldRefresh: boolean;
		staleComponents: ComponentType[];
	} | null;
}
export interface LiveProgress extends Progress {
	currentStep: ComponentType;
}

export interface Comparison {
	cycles: { cycleId: Id; label: string | null; overview: Overview }[];
	differences: {
		component: ComponentType;
		cycle: Id;
		description: string;
		significance: 'major' | 'moderate' | 'minor';
	}[];
	summary: {
		cycles: {
			cycleId: Id;
			label: string | null;
			totals: { id: Id; name: string; score: number; rank: number; isDominated: boolean }[];
			leaders: Id[];
			verdict: Verdict;
			dqScore: number | null;
		}[];
	};
}

export interface ActivityEntry {
	event_id: Id;
	event_type: string;
	occurred_at: Time;
	actor: { id: Id; name: string } | null;
	caused_by: Id | null;
	correlation_id: Id;
	cycle_id: Id | null;
	component_type: ComponentType | null;
	position: number;
	summary: string;
}

/** A frame of `/api/sessions/{id}/live`; exactly these keys. Control frames have null `eventId` and `correlationId`. */
export interface LiveFrame {
	type: string;
	data: Record<string, unknown>;
	seq: number;
	eventId: Id | null;
	occurredAt: Time;
	correlationId: Id | null;
}
