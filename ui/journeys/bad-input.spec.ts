import type { Objectives, ProblemFrame } from '../src/lib/api/types';
import { expect, openForm, railOf, save, test } from './kit';
import { accessible, picture } from '../tests/looks';

test('what is missing is said beside its field, and what was typed stays', async ({ client, expected, page }) => {
	expected.push(/status of 422/);
	const { session, cycle } = await client.decision('Which name?');
	await client.start(cycle.id, 'issue_raising');
	await client.start(cycle.id, 'problem_frame');
	await openForm(page, session.id, cycle.id, 'problem_frame');
	const statement = page.getByLabel('The decision in one sentence');
	await statement.fill('Too short');
	await page.getByLabel('In which role').fill('Secretary');
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(page.getByText(/things? to mend/)).toBeVisible();
	await expect(page.getByLabel('Who decides')).toHaveAttribute('aria-invalid', 'true');
	await expect(statement).toHaveAttribute('aria-invalid', 'true');
	await expect(statement).toHaveAccessibleDescription(/10/);
	await expect(statement).toHaveValue('Too short');
	await expect(page.getByLabel('In which role')).toHaveValue('Secretary');
	await expect(railOf(page, 'Problem frame')).toContainText('In progress');
	await accessible(page, 'a form with errors');
	await picture(page, 1280, 'test-results/screenshots/form-errors-1280-light.png');

	await page.reload();
	await expect(statement).toHaveValue('Too short');
	await statement.fill('Which name does the club take?');
	await page.getByLabel('Who decides').fill('The members');
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(railOf(page, 'Problem frame')).toContainText('Complete');
	const stored = (await client.component(cycle.id, 'problem_frame')).output as ProblemFrame;
	expect(stored.focal_decision!.statement).toBe('Which name does the club take?');
	expect(stored.decision_maker).toMatchObject({ name: 'The members', role: 'Secretary' });
});

test('two alternatives of one name are refused where they stand', async ({ client, expected, page }) => {
	expected.push(/status of 422/);
	const { session, cycle } = await client.decision('Which tent?');
	for (const step of ['issue_raising', 'problem_frame', 'objectives'] as const) await client.start(cycle.id, step);
	await client.save(cycle.id, 'objectives', { fundamental_objectives: [{ id: crypto.randomUUID(), name: 'Dry' }], means_objectives: [] } satisfies Objectives);
	await client.start(cycle.id, 'alternatives');
	await openForm(page, session.id, cycle.id, 'alternatives');
	for (const name of ['Stay at home', 'Tent', 'tent']) {
		await page.getByRole('button', { name: 'Add an alternative' }).click();
		await page.getByRole('textbox', { name: /^Alternative [A-C]/ }).last().fill(name);
	}
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(page.getByRole('textbox', { name: 'Alternative C' })).toHaveAttribute('aria-invalid', 'true');
	await expect(page.getByRole('textbox', { name: 'Alternative C' })).toBeFocused();
	await page.getByRole('textbox', { name: 'Alternative C' }).fill('Caravan');
	await page.getByRole('button', { name: 'Mark as complete' }).click();
	await expect(railOf(page, 'Alternatives')).toContainText('Complete');
});

test('when two windows write the same step both versions are shown', async ({ client, context, page }) => {
	const { session, cycle } = await client.decision('Which tree?');
	await client.start(cycle.id, 'issue_raising');
	await client.start(cycle.id, 'problem_frame');
	const other = await context.newPage();
	await openForm(page, session.id, cycle.id, 'problem_frame');
	await openForm(other, session.id, cycle.id, 'problem_frame');
	await page.getByLabel('The decision in one sentence').fill('Which tree do we plant in the yard?');
	await page.getByLabel('Who decides').fill('Ada');
	await other.getByLabel('The decision in one sentence').fill('Which tree do we fell in the yard?');
	await other.getByLabel('In which role').fill('Gardener');
	await save(other);
	// The live channel brings it before anyone saves over it.
	const both = page.getByRole('heading', { name: 'Someone else saved this step meanwhile' });
	await expect(both).toBeVisible();
	await expect(page.getByText('Which tree do we plant in the yard?').first()).toBeVisible();
	await expect(page.getByText('Which tree do we fell in the yard?').first()).toBeVisible();
	await accessible(page, 'a conflict');
	await picture(page, 1280, 'test-results/screenshots/form-conflict-1280-light.png');
	await page.getByRole('button', { name: 'Save what is picked' }).click();
	await expect(both).toHaveCount(0);
	await expect(page.getByText('Saved at')).toBeVisible();
	const stored = (await client.component(cycle.id, 'problem_frame')).output as ProblemFrame;
	expect(stored.focal_decision!.statement).toBe('Which tree do we plant in the yard?');
	expect(stored.decision_maker).toMatchObject({ name: 'Ada', role: 'Gardener' });
	await expect(other.getByLabel('The decision in one sentence')).toHaveValue('Which tree do we plant in the yard?');
});
