import { describe, expect, it } from 'vitest';
import type { Outputs, OutputsSoFar } from '$lib/api/types';
import { gridAction, type PendingSign } from './grid';
import { keyOf } from './row-key';
import { differences, merged, same } from './merge';
import { toModel, toOutput } from './model';
import { placeErrors } from './pointers';
import { dropBlankRows } from './prune';
import { findUnsaved, forgetUnsaved, keepUnsaved } from './unsaved';

const none = {
	issue_raising: null,
	problem_frame: null,
	objectives: null,
	alternatives: null,
	consequences: null,
	tradeoffs: null,
	recommendation: null,
	decision_quality: null,
	notes_next_steps: null
} satisfies OutputsSoFar;

describe('models', () => {
	it('an untouched empty model sends nothing but empty lists', () => {
		expect(toOutput('issue_raising', toModel('issue_raising', null, none))).toEqual({
			potential_decisions: [],
			objectives: [],
			uncertainties: [],
			considerations: []
		});
		expect(toOutput('problem_frame', toModel('problem_frame', null, none))).toEqual({
			decision_hierarchy: { already_made: [], deferred: [] },
			parties: [],
			linked_decisions: []
		});
		expect(toOutput('decision_quality', toModel('decision_quality', null, none))).toEqual({ elements: [] });
	});

	it('a full output passes through unchanged', () => {
		const frame: Outputs['problem_frame'] = {
			decision_maker: { name: 'Žofie', role: 'CEO' },
			focal_decision: {
				statement: 'Which office do we rent?',
				scope: { in: ['Berlin'], out: ['buying'] },
				constraints: [{ type: 'financial', description: 'below 2,000' }],
				trigger: 'the lease ends',
				deadline: { date: '2031-01-31', hard: false }
			},
			decision_hierarchy: { already_made: [{ id: 'h', statement: 'stay in town' }], deferred: [] },
			parties: [{ id: 'p', name: 'staff', role: 'affected_party', concerns: ['commute'] }],
			ultimate_aim: 'a place to work',
			linked_decisions: [{ description: 'remote work', relationship: 'constrains' }]
		};
		expect(toOutput('problem_frame', toModel('problem_frame', frame, none))).toEqual(frame);
	});

	it('names the status quo and leaves out an empty measure', () => {
		const model = toModel('alternatives', { alternatives: [{ id: 'a', name: 'Stay', is_status_quo: true, assumptions: [] }] }, none);
		expect(toOutput('alternatives', model).status_quo_id).toBe('a');
		expect(toOutput('alternatives', model).strategy_table).toBeUndefined();
		const objectives = toModel('objectives', { fundamental_objectives: [{ id: 'o', name: 'Cost' }] }, none);
		expect(toOutput('objectives', objectives).fundamental_objectives).toEqual([{ id: 'o', name: 'Cost' }]);
		objectives.fundamental_objectives[0]!.performance_measure.metric = 'rent';
		expect(toOutput('objectives', objectives).fundamental_objectives[0]!.performance_measure).toEqual({
			metric: 'rent',
			direction: 'maximize'
		});
	});

	it('the rating table follows the current alternatives and objectives', () => {
		const others: OutputsSoFar = {
			...none,
			alternatives: {
				alternatives: [
					{ id: 's', name: 'Stay', is_status_quo: true, assumptions: [] },
					{ id: 'm', name: 'Move', is_status_quo: false, assumptions: [] }
				]
			},
			objectives: { fundamental_objectives: [{ id: 'o', name: 'Cost' }] }
		};
		const stored: Outputs['consequences'] = {
			table: {
				alternative_ids: ['m', 'gone'],
				objective_ids: ['o'],
				cells: {
					'm:o': { alternative_id: 'm', objective_id: 'o', rating: -1, rationale: 'dearer' },
					'gone:o': { alternative_id: 'gone', objective_id: 'o', rating: 2 }
				}
			}
		};
		const sent = toOutput('consequences', toModel('consequences', stored, others));
		expect(sent.table).toEqual({
			alternative_ids: ['s', 'm'],
			objective_ids: ['o'],
			cells: {
				's:o': { alternative_id: 's', objective_id: 'o', rating: 0 },
				'm:o': { alternative_id: 'm', objective_id: 'o', rating: -1, rationale: 'dearer' }
			}
		});
	});

	it('blank rows and lines disappear, half-filled ones stay', () => {
		const model = toModel('alternatives', null, none);
		model.alternatives.push({ id: '1', name: '', is_status_quo: false, assumptions: ['', ' '] });
		model.alternatives.push({ id: '2', name: '', description: 'an idea', is_status_quo: false, assumptions: ['rent stays', ''] });
		dropBlankRows('alternatives', model);
		expect(model.alternatives.map((a) => [a.id, a.assumptions])).toEqual([['2', ['rent stays']]]);
		expect(toOutput('alternatives', model).alternatives).toEqual([
			{ id: '2', description: 'an idea', is_status_quo: false, assumptions: ['rent stays'] }
		]);
	});

	it('equality does not depend on the order of keys', () => {
		expect(same({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
		expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
	});
});

describe('errors', () => {
	it('stay with their row when rows are moved', () => {
		const model = { alternatives: [{ id: 'x', name: '' }, { id: 'y', name: '' }] };
		const errors = placeErrors(
			[
				{ field: '/output/alternatives/1/name', message: 'must not be empty', code: 'too_short' },
				{ field: '/alternatives/1/name', message: 'must not be empty', code: 'too_short' },
				{ field: '/output', message: 'too large', code: 'out_of_range' }
			],
			model
		);
		expect(errors).toEqual([
			{ pointer: '/alternatives/y/name', message: 'Must not be empty.', code: 'too_short' },
			{ pointer: '', message: 'Too large.', code: 'out_of_range' }
		]);
	});

	it('rows without an id get a key of their own that lasts', () => {
		const row = { type: 'legal', description: 'x' };
		const [error] = placeErrors([{ field: '/output/list/0/description', message: 'wrong', code: 'wrong_type' }], { list: [row] });
		expect(error!.pointer).toBe(`/list/${keyOf(row)}/description`);
		expect(keyOf({ ...row })).not.toBe(keyOf(row));
	});

	it('cells are named by their ids and escaped pointers are read', () => {
		const model = { table: { cells: { 'a:o': { rating: null } } } };
		expect(placeErrors([{ field: '/output/table/cells/a:o/rating', message: 'is required', code: 'missing_required' }], model)[0]!.pointer).toBe(
			'/table/cells/a:o/rating'
		);
	});
});

describe('the grid by keyboard', () => {
	const at = { row: 1, column: 1 };
	const press = (key: string, pending: PendingSign = null, ctrlKey = false) => gridAction({ key, ctrlKey }, at, pending, 3, 4);

	it('digits rate, a minus before the digit makes it negative', () => {
		expect(press('2')).toEqual({ kind: 'rate', rating: 2 });
		expect(press('0')).toEqual({ kind: 'rate', rating: 0 });
		expect(press('=')).toEqual({ kind: 'rate', rating: 0 });
		expect(press('-')).toEqual({ kind: 'sign', sign: '-' });
		expect(press('\u2212')).toEqual({ kind: 'sign', sign: '-' });
		expect(press('1', '-')).toEqual({ kind: 'rate', rating: -1 });
		expect(press('-', '-')).toEqual({ kind: 'rate', rating: -2 });
		expect(press('+', '+')).toEqual({ kind: 'rate', rating: 2 });
		expect(press('0', '-')).toEqual({ kind: 'rate', rating: 0 });
		expect(press('3')).toEqual({ kind: 'out_of_range' });
	});

	it('a lone sign is one step once the cell is left or opened', () => {
		expect(press('ArrowDown', '-')).toEqual({ kind: 'move', to: { row: 2, column: 1 }, commit: -1 });
		expect(press('Enter', '+')).toEqual({ kind: 'open', commit: 1 });
		expect(press('Escape', '-')).toEqual({ kind: 'cancel' });
		expect(press('Escape')).toBeNull();
	});

	it('moves inside the table and not beyond', () => {
		expect(press('ArrowRight')).toEqual({ kind: 'move', to: { row: 1, column: 2 }, commit: null });
		expect(press('End', null, true)).toEqual({ kind: 'move', to: { row: 2, column: 3 }, commit: null });
		expect(press('Home')).toEqual({ kind: 'move', to: { row: 1, column: 0 }, commit: null });
		expect(press('PageDown')).toEqual({ kind: 'move', to: { row: 2, column: 1 }, commit: null });
		expect(press('s', null, true)).toBeNull();
		expect(press('Tab')).toBeNull();
	});
});

describe('two versions', () => {
	const base = { list: [{ id: '1', text: 'one' }, { id: '2', text: 'two' }], note: 'n' };
	const mine = { list: [{ id: '1', text: 'ONE' }, { id: '2', text: 'two' }, { id: '3', text: 'three' }], note: 'n' };
	const theirs = { list: [{ id: '1', text: 'uno' }, { id: '4', text: 'four' }], note: 'm' };
	const found = differences(base, mine, theirs);

	it('finds who changed what', () => {
		expect(found.map((d) => [d.path.join('/'), d.both, d.suggested])).toEqual([
			['list/1/text', true, 'mine'],
			['list/2', false, 'theirs'],
			['list/3', false, 'mine'],
			['list/4', false, 'theirs'],
			['note', false, 'theirs']
		]);
	});

	it('builds what was picked', () => {
		expect(merged(mine, found, (d) => d.suggested)).toEqual({
			list: [{ id: '1', text: 'ONE' }, { id: '3', text: 'three' }, { id: '4', text: 'four' }],
			note: 'm'
		});
		expect(merged(mine, found, () => 'mine')).toEqual(mine);
		expect(differences(null, merged(mine, found, () => 'theirs'), theirs)).toEqual([]);
	});

	it('lists without ids are one thing', () => {
		expect(differences({ a: ['x'] }, { a: ['x', 'y'] }, { a: ['z'] })).toEqual([
			{ path: ['a'], mine: ['x', 'y'], theirs: ['z'], both: true, suggested: 'mine' }
		]);
	});
});

describe('unsaved typing', () => {
	function storage(): Storage {
		const map = new Map<string, string>();
		return {
			get length() {
				return map.size;
			},
			key: (at) => [...map.keys()][at] ?? null,
			getItem: (key) => map.get(key) ?? null,
			setItem: (key, value) => void map.set(key, value),
			removeItem: (key) => void map.delete(key),
			clear: () => map.clear()
		};
	}

	it('is found again, one version at a time', () => {
		const kept = storage();
		keepUnsaved(kept, 'c', { version: 1, base: {}, mine: { a: 1 }, at: '' });
		keepUnsaved(kept, 'c', { version: 2, base: {}, mine: { a: 2 }, at: '' });
		keepUnsaved(kept, 'd', { version: 7, base: {}, mine: { a: 3 }, at: '' });
		expect(kept.length).toBe(2);
		expect(findUnsaved(kept, 'c')).toMatchObject({ version: 2, mine: { a: 2 } });
		forgetUnsaved(kept, 'c');
		expect(findUnsaved(kept, 'c')).toBeNull();
		expect(findUnsaved(kept, 'd')).toMatchObject({ version: 7 });
	});

	it('says when there is no room and survives rubbish', () => {
		const full = { ...storage(), length: 0, setItem: () => { throw new Error('quota'); } };
		expect(keepUnsaved(full, 'c', { version: 1, base: {}, mine: {}, at: '' })).toBe(false);
		const odd = storage();
		odd.setItem('althing.unsaved.c.1', '{');
		expect(findUnsaved(odd, 'c')).toBeNull();
		expect(odd.length).toBe(0);
	});
});
