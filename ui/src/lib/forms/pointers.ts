/**
 * Places in an output. The server speaks of `/output/alternatives/0/name`; a form speaks of the row itself, so that an error
 * stays with its row when rows are moved.
 */
import { sentence } from '$lib/api/problem';
import type { FieldError } from '$lib/api/types';
import { keyOf } from './row-key';

/** Whether a field of the form has this place among the errors, and what is wrong with it. */
export interface PlacedError {
	pointer: string;
	message: string;
	code: string;
}

/** Without the `/output` in front, if it is there. */
function withinOutput(field: string): string {
	return field === '/output' ? '' : field.replace(/^\/output(?=\/)/, '');
}

function step(token: string): string {
	return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The pointer with list positions replaced by the keys of the rows at these positions in `model`. */
export function rowPointer(field: string, model: unknown): string {
	let place: unknown = model;
	const tokens = withinOutput(field).split('/').slice(1).map(step);
	const named = tokens.map((token) => {
		const parent = place;
		place = parent !== null && typeof parent === 'object' ? (parent as Record<string, unknown>)[token] : undefined;
		return Array.isArray(parent) && place !== null && typeof place === 'object' ? keyOf(place) : token;
	});
	return named.map((token) => `/${token}`).join('');
}

/** Server errors as errors of rows; the same place and message only once. */
export function placeErrors(errors: readonly FieldError[], model: unknown): PlacedError[] {
	const placed = errors.map((error) => ({
		pointer: rowPointer(error.field, model),
		message: sentence(error.message),
		code: error.code
	}));
	return placed.filter(
		(error, at) => placed.findIndex((other) => other.pointer === error.pointer && other.message === error.message) === at
	);
}

/** The element id of the control at a place. */
export function controlId(prefix: string, pointer: string): string {
	return `${prefix}${pointer.replace(/[^\w-]/g, '_')}`;
}
