/** What a key may do, in words: every right there is, by area, and the usual choices of them. */
import { m } from '$lib/paraglide/messages.js';

export interface Area {
	id: string;
	label: () => string;
	scopes: readonly string[];
}

const readAndWrite = (area: string, ...more: string[]) => ['read', 'write', ...more].map((right) => `${area}:${right}`);
const tools = (group: string, names: string[]) => names.map((name) => `mcp:${group}.${name}`);

export const AREAS: readonly Area[] = [
	{ id: 'workspaces', label: m.keys_area_workspaces, scopes: readAndWrite('workspaces') },
	{ id: 'projects', label: m.keys_area_projects, scopes: readAndWrite('projects') },
	{ id: 'documents', label: m.keys_area_documents, scopes: readAndWrite('documents') },
	{ id: 'decisions', label: m.keys_area_decisions, scopes: readAndWrite('decisions') },
	{ id: 'agents', label: m.keys_area_agents, scopes: readAndWrite('agents', 'query') },
	{ id: 'chat', label: m.keys_area_chat, scopes: readAndWrite('chat') },
	{ id: 'notifications', label: m.keys_area_notifications, scopes: readAndWrite('notifications') },
	{ id: 'graph', label: m.keys_area_graph, scopes: readAndWrite('graph') },
	{ id: 'webhooks', label: m.keys_area_webhooks, scopes: readAndWrite('webhooks') },
	{ id: 'events', label: m.keys_area_events, scopes: readAndWrite('events') },
	{ id: 'knowledge', label: m.keys_area_knowledge, scopes: tools('knowledge', ['search', 'get', 'traverse', 'create', 'update', 'relate']) },
	{
		id: 'tools',
		label: m.keys_area_tools,
		scopes: tools('workspace', [
			'list_workspaces',
			'get_workspace',
			'list_projects',
			'get_project',
			'create_project',
			'list_documents',
			'get_document',
			'create_document'
		])
	}
];
const ALL = AREAS.flatMap(({ scopes }) => scopes);
const READS = /:read$|\.(get|search|list|traverse)(_|$)/;

export type Preset = 'full' | 'read' | 'agent' | 'custom';
export const PRESETS: Record<Exclude<Preset, 'custom'>, readonly string[]> = {
	full: ['*'],
	read: ALL.filter((scope) => READS.test(scope)),
	agent: ALL.filter((scope) => scope.startsWith('agents:'))
};

/** Which of the usual choices these rights are. */
export function presetOf(scopes: readonly string[]): Preset {
	if (scopes.includes('*')) return 'full';
	const same = (other: readonly string[]) => other.length === new Set(scopes).size && other.every((scope) => scopes.includes(scope));
	return (['read', 'agent'] as const).find((preset) => same(PRESETS[preset])) ?? 'custom';
}

export const PRESET_WORDS: Record<Preset, { label: () => string; text: () => string }> = {
	full: { label: m.keys_preset_full, text: m.keys_preset_full_text },
	read: { label: m.keys_preset_read, text: m.keys_preset_read_text },
	agent: { label: m.keys_preset_agent, text: m.keys_preset_agent_text },
	custom: { label: m.keys_preset_custom, text: m.keys_preset_custom_text }
};

/** All areas, and after them what a key has that stands in none (a pattern such as `graph:*`), so that it can be kept or taken away. */
export function areasWith(scopes: readonly string[]): readonly Area[] {
	const others = scopes.filter((scope) => scope !== '*' && !ALL.includes(scope));
	return others.length ? [...AREAS, { id: 'others', label: m.keys_area_others, scopes: others }] : AREAS;
}

/** What is left to read of a right beneath the name of its area: `mcp:workspace.get_project` is `get project`. */
export function rightOf(scope: string): string {
	return scope.split(/[:.]/).at(-1)!.replaceAll('_', ' ');
}
