import type { Comparison, Consequences } from '../src/lib/api/types';
import { expect, test } from './kit';

test('a branch with other ratings stands beside its parent', async ({ client, page }) => {
	const session = await client.example();
	const first = await client.cycle(session.cycle_ids[0]!);
	const parent = first.label ?? 'First cycle';
	await page.goto(`/decisions/${session.id}?cycle=${first.id}&step=consequences&view=write`);
	await page.getByRole('grid').waitFor();
	await page.getByRole('button', { name: `Actions for the cycle “${parent}”` }).click();
	await page.getByRole('menuitem', { name: 'Branch from here…' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Branch at').selectOption('consequences');
	await dialog.getByLabel('What if…').fill('Rents fall');
	await dialog.getByRole('button', { name: 'Branch', exact: true }).click();
	await expect(page).not.toHaveURL(new RegExp(first.id));
	const branch = new URL(page.url()).searchParams.get('cycle')!;

	// Whatever led so far is rated down as far as it goes, so another alternative must lead.
	const before = await client.get<{ pugh: { leaders: string[] } }>(`/api/cycles/${first.id}/analysis`);
	const [leader] = before.pugh.leaders;
	const made = await client.component(branch, 'consequences');
	if (made.status === 'complete') {
		await page.getByRole('button', { name: 'Revise' }).click();
		await page.getByRole('dialog').getByRole('textbox').fill('What if');
		await page.getByRole('dialog').getByRole('button', { name: 'Revise' }).click();
	}
	await page.getByRole('tab', { name: 'Write' }).click();
	const table = (made.output as Consequences).table!;
	const column = table.alternative_ids.indexOf(leader!);
	const cells = page.getByRole('gridcell');
	await expect(cells).toHaveCount(table.alternative_ids.length * table.objective_ids.length);
	await cells.nth(column).focus();
	for (const _ of table.objective_ids) for (const key of ['-', '2', 'ArrowDown']) await page.keyboard.press(key);
	await page.keyboard.press('Control+s');
	await expect(page.getByText('Saved at')).toBeVisible();

	await page.getByRole('link', { name: `Compare the shown cycle with “${parent}”` }).click();
	await expect(page.getByRole('heading', { level: 2, name: 'Side by side' })).toBeVisible();
	const told = await client.get<Comparison>(`/api/sessions/${session.id}/compare?cycles=${branch},${first.id}`);
	const major = told.differences.filter((one) => one.significance === 'major');
	expect(major.length, 'another leader is a major difference').toBeGreaterThan(0);
	await expect(page.getByText(major[0]!.description).first()).toBeVisible();
	await expect(page.getByText('Major', { exact: true }).first()).toBeVisible();
	await expect(page.getByText('Moderate', { exact: true }).first()).toBeVisible();
	for (const { totals } of told.summary.cycles) for (const one of totals) await expect(page.getByRole('main')).toContainText(one.name);
	await expect(page.getByRole('main').locator('figure')).toHaveCount(2);
	await expect(page.getByRole('main')).toContainText('Rents fall');

	await page.goto(`/decisions/${session.id}?cycle=${first.id}&step=consequences&view=picture`);
	const after = await client.get<{ pugh: { leaders: string[] } }>(`/api/cycles/${first.id}/analysis`);
	expect(after.pugh.leaders, 'the parent stays as it was').toEqual(before.pugh.leaders);
});
