import { describe, expect, it } from 'vitest';
import { AREAS, areasWith, presetOf, PRESETS, rightOf } from './scopes';

const all = AREAS.flatMap(({ scopes }) => scopes);

describe('the rights of a key', () => {
	it('read only lets it read, get, search, list and traverse, and nothing else', () => {
		const rest = all.filter((scope) => !PRESETS.read.includes(scope));
		expect(PRESETS.read).toContain('mcp:workspace.list_workspaces');
		expect(PRESETS.read).toContain('mcp:knowledge.traverse');
		expect(PRESETS.read).toContain('decisions:read');
		expect(rest).toContain('agents:query');
		expect(rest.every((scope) => /write|query|create|update|relate/.test(scope))).toBe(true);
		expect(PRESETS.read.some((scope) => /write|query|create|update|relate/.test(scope))).toBe(false);
	});

	it('are recognised as one of the usual choices, in whatever order', () => {
		expect(presetOf(['*'])).toBe('full');
		expect(presetOf([...PRESETS.read].reverse())).toBe('read');
		expect(presetOf(['agents:query', 'agents:write', 'agents:read'])).toBe('agent');
		expect(presetOf(['agents:query'])).toBe('custom');
		expect(presetOf([])).toBe('custom');
	});

	it('that stand in no area are shown too', () => {
		expect(areasWith(['graph:read'])).toBe(AREAS);
		expect(areasWith(['graph:*', 'graph:read']).at(-1)).toMatchObject({ id: 'others', scopes: ['graph:*'] });
	});

	it('are read in words beneath their area', () => {
		expect(['documents:read', 'mcp:workspace.get_project', 'mcp:knowledge.search'].map(rightOf)).toEqual(['read', 'get project', 'search']);
	});
});
