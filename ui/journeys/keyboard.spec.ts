import type { Alternatives, Consequences, Objectives } from '../src/lib/api/types';
import type { Client } from './kit/client';
import { expect, openForm, test } from './kit';

/** A decision ready to be rated: two objectives, three alternatives, nothing rated. */
async function readyToRate(client: Client) {
	const { session, cycle } = await client.decision('Which bicycle?');
	const id = () => crypto.randomUUID();
	await client.start(cycle.id, 'issue_raising');
	await client.start(cycle.id, 'problem_frame');
	await client.start(cycle.id, 'objectives');
	const objectives: Objectives = { fundamental_objectives: [{ id: id(), name: 'Speed' }, { id: id(), name: 'Comfort' }], means_objectives: [] };
	await client.save(cycle.id, 'objectives', objectives);
	await client.start(cycle.id, 'alternatives');
	const [none, race, city] = [id(), id(), id()];
	const alternatives: Alternatives = {
		alternatives: [
			{ id: none, name: 'Keep the old one', is_status_quo: true, assumptions: [] },
			{ id: race, name: 'Racer', is_status_quo: false, assumptions: [] },
			{ id: city, name: 'Roadster', is_status_quo: false, assumptions: [] }
		],
		status_quo_id: none
	};
	await client.save(cycle.id, 'alternatives', alternatives);
	await client.start(cycle.id, 'consequences');
	return { session, cycle, race, city };
}

test('the rating grid is worked by keys alone', async ({ client, page }) => {
	const { session, cycle, race, city } = await readyToRate(client);
	await openForm(page, session.id, cycle.id, 'consequences');
	const cells = page.getByRole('gridcell');
	await expect(cells).toHaveCount(6);
	const press = async (...keys: string[]) => {
		for (const key of keys) await page.keyboard.press(key);
	};
	await page.getByRole('tab', { name: 'Write' }).focus();
	for (let presses = 0; presses < 12; presses += 1) {
		await page.keyboard.press('Tab');
		if (await page.evaluate(() => document.activeElement?.getAttribute('role') === 'gridcell')) break;
	}
	await expect(cells.nth(1), 'Tab leads to the first cell that can be rated').toBeFocused();

	await press('2');
	await expect(cells.nth(1)).toContainText('+2');
	await press('ArrowRight', '-', 'ArrowDown');
	await expect(cells.nth(2)).toContainText('−1');
	await expect(cells.nth(5)).toBeFocused();
	await press('1', 'ArrowLeft', '-', '2');
	await expect(cells.nth(4)).toContainText('−2');
	await press('9');
	await expect(cells.nth(4), 'what is out of range changes nothing').toContainText('−2');
	await press('Home', '1');
	await expect(cells.nth(3), 'the status quo stays').toContainText('0');
	await expect(page.getByText('4 of 4 ratings given.')).toBeVisible();

	await press('End', 'Enter');
	const why = page.getByRole('textbox', { name: 'Why' });
	await expect(why).toBeFocused();
	await page.keyboard.type('A soft saddle');
	await press('Escape');
	await expect(cells.nth(5)).toBeFocused();

	// The totals are there before anything is saved: A 0, B 0, C 0; then C moves ahead.
	const totals = page.locator('figure').filter({ hasText: 'Totals' }).first();
	await expect(totals).toBeVisible();
	await press('2');
	await totals.getByRole('button').first().click();
	const row = (name: string) => totals.getByRole('row').filter({ hasText: name });
	await expect(row('Racer')).toContainText('0');
	await expect(row('Roadster')).toContainText('+1');

	await cells.nth(5).focus();
	await press('Control+s');
	await expect(page.getByText('Saved at')).toBeVisible();
	const saved = (await client.component(cycle.id, 'consequences')).output as Consequences;
	const rating = (alternative: string) => Object.values(saved.table!.cells).filter((cell) => cell.alternative_id === alternative).map((cell) => cell.rating);
	expect(rating(race)).toEqual([2, -2]);
	expect(rating(city)).toEqual([-1, 2]);
	expect(Object.values(saved.table!.cells).map((cell) => cell.rationale).filter(Boolean)).toEqual(['A soft saddle']);

	const analysis = await client.get<{ pugh: { scores: { alternative_id: string; score: number }[] } }>(`/api/cycles/${cycle.id}/analysis`);
	const score = (id: string) => analysis.pugh.scores.find((one) => one.alternative_id === id)?.score;
	expect([score(race), score(city)], 'the server agrees with the preview').toEqual([0, 1]);
});

test('steps, views, palette and shortcut sheet by keys', async ({ client, page }) => {
	const { session, cycle } = await readyToRate(client);
	await page.goto(`/decisions/${session.id}?cycle=${cycle.id}&step=objectives&view=talk`);
	await page.getByLabel('Your message').waitFor();
	await page.keyboard.press('5');
	await expect(page).toHaveURL(/step=consequences/);
	await page.keyboard.press('w');
	await expect(page.getByRole('grid')).toBeVisible();
	await page.keyboard.press('p');
	await expect(page.locator('.picture-so-far').first()).toBeVisible();
	await page.keyboard.press('?');
	await expect(page.getByRole('dialog')).toContainText('Keyboard shortcuts');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Control+k');
	await page.getByRole('combobox').fill('document');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/document/);
});
