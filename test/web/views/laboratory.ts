import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/base/role.ts';
import type { EventType } from '../../../src/rpc/shapes/event.ts';
import { CONTEST_WINDOW, channelWhen, DELIVERY_WINDOW, propose } from '../support/trade.ts';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** Blocks after a deadline until a unit is forfeited by a round: two for the holder of the turn, one for the other. */
const UNTIL_FORFEITED = 3;

/** The tests of the view `Laboratory`. */
export function laboratoryTests(wallet: () => Wallet): void {
  describe('the view Laboratory', () => {
    let opened: WalletPage;
    let page: Page;
    /** The consumer's key of the channel that things are tried on. */
    let channel: string;
    const clients = () => wallet().stage.clients;
    const regtest = () => wallet().stage.regtest;
    const card = (title: string): Locator =>
      page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) });
    /** The entry of what was tried last. */
    const entry = () => page.locator('.lab-entries > li').first();
    /** What a party said of a type since then. */
    const told = (role: Role, type: EventType) =>
      entry().locator(`.told-${role} [data-event="${type}"]`).first();
    /** Presses a button of a card; resolves when it is done. */
    const press = async (title: string, name: string) => {
      await card(title).getByRole('button', { name, exact: true }).click();
      await card(title).locator('.outcome .good').waitFor();
    };
    /** Turns a switch of a card. */
    const turn = async (title: string, label: string) => {
      await card(title).getByLabel(label).click();
      await card(title).locator('.outcome .good').waitFor();
    };
    const showStates = async (title: string, name: string) => {
      await card(title).getByRole('button', { name, exact: true }).click();
      await card(title).locator('tbody tr').first().waitFor();
    };
    const mine = async (blocks: number) => {
      await card('Mine blocks').getByLabel('Blocks', { exact: true }).fill(String(blocks));
      await press('Mine blocks', 'Mine');
    };
    /** While a daemon is off the browser itself says that nobody answers there, and nothing else is wrong. */
    const unreachable = () => {
      const others = wallet()
        .takeTroubles()
        .filter((each) => !/^console error: WebSocket connection to \S+ failed: Error /.test(each));
      expect(others).toEqual([]);
    };
    const open = async () => {
      const proposed = await propose(wallet().stage);
      await channelWhen(clients().consumer, proposed, ({ state }) => state === 'awaitingFunding');
      return proposed;
    };
    const buy = async () => {
      const { consumer } = clients();
      await channelWhen(
        consumer,
        channel,
        ({ offers, deliveries }) => offers.length > 0 && deliveries.length === 0,
      );
      await consumer.call('buy', { channel, units: 1 });
      await told('producer', 'unitOrdered').waitFor();
    };
    /** Nothing that counts comes until the deadline of the unit in flight. */
    const undelivered = async () => {
      await mine(DELIVERY_WINDOW);
      expect(await told('producer', 'unitRefused').innerText()).toContain('it was not delivered');
      await mine(UNTIL_FORFEITED);
      expect(await told('consumer', 'unitForfeited').innerText()).toContain('the utility got the payment');
    };
    const balances = async () => {
      const found = await channelWhen(
        clients().consumer,
        channel,
        ({ deliveries }) => deliveries.length === 0,
      );
      return found.balances ?? expect.fail('no balances');
    };

    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'laboratory' });
      page = opened.page;
      await card('Mine blocks').waitFor();
    });
    afterAll(() => opened.close());

    it('says that it is regtest only; every experiment has its danger and its section of the protocol', async () => {
      expect(await page.locator('main').innerText()).toContain('Regtest only: play money');
      for (const each of await page.locator('.lab-cards > .card').all()) {
        expect(await each.locator('.danger').innerText()).toMatch(/\.$/);
        expect(await each.locator('.section-link').getAttribute('href')).toMatch(/^\/protocol\.html#./);
      }
    });

    it('a section of the protocol: its own page, without a script, at the heading', async () => {
      const context = page.context();
      const [protocol] = await Promise.all([
        context.waitForEvent('page'),
        card('Publish an old commitment').locator('.section-link').click(),
      ]);
      await protocol.locator('h3#breach').waitFor();
      expect(new URL(protocol.url()).hash).toBe('#breach');
      expect(await protocol.locator('script').count()).toBe(0);
      await protocol.close();
    });

    it('mine: so many blocks at the node; what they did to the channel is said for all three', async () => {
      channel = await open();
      const before = await regtest().height();
      await mine(6);
      expect(await regtest().height()).toBe(before + 6);
      for (const role of ['consumer', 'producer', 'utility'] as const) {
        await told(role, 'fundingConfirmed').waitFor();
        expect(await told(role, 'opened').innerText()).toContain('The channel is open.');
      }
      expect(await entry().locator('.lab-chain').innerText()).toBe(
        `Blocks ${before + 1} to ${before + 6} were mined.`,
      );
    });

    it('a number that is none, and one that is too high: said next to the field, nothing is mined', async () => {
      const before = await regtest().height();
      for (const [text, what] of [
        ['six', 'This is not a number.'],
        ['1001', 'At most 1\u202f000.'],
      ] as const) {
        await card('Mine blocks').getByLabel('Blocks', { exact: true }).fill(text);
        await card('Mine blocks').getByRole('button', { name: 'Mine', exact: true }).click();
        expect(await card('Mine blocks').locator('.field-error').innerText()).toBe(what);
      }
      expect(await regtest().height()).toBe(before);
    });

    it('faucet: the coins are in the wallet, to the satoshi', async () => {
      const { utility } = clients();
      const before = BigInt((await utility.call('getBalance', {})).wallet.confirmedSat);
      await card('Coins from the faucet').getByLabel('Party').selectOption('utility');
      await card('Coins from the faucet').getByLabel('Amount').fill('123 457');
      await press('Coins from the faucet', 'Fund');
      for await (const _ of utility.watchStatus())
        if (BigInt((await utility.call('getBalance', {})).wallet.confirmedSat) === before + 123_457n) break;
    });

    it('a unit that is delivered: attested and paid, and both say why', async () => {
      await press('Mine blocks', 'One block');
      await buy();
      await told('consumer', 'unitAttested').waitFor();
      expect(await told('producer', 'unitSettled').innerText()).toContain('is paid');
    });

    it('stop delivering: the unit is refused and forfeited, payment and bond are the utility’s', async () => {
      await turn('Stop delivering', 'The producer delivers');
      const before = await balances();
      await buy();
      const { deliveries } = await channelWhen(
        clients().consumer,
        channel,
        (each) => each.deliveries.length === 1,
      );
      await undelivered();
      const after = await balances();
      const [lost] = deliveries;
      expect(BigInt(after.utilityMsat) - BigInt(before.utilityMsat)).toBe(
        BigInt(lost?.paymentMsat ?? 0) + BigInt(lost?.bondMsat ?? 0),
      );
      await turn('Stop delivering', 'The producer delivers');
      expect(wallet().stage.state().world.delivering).toBe(true);
    });

    it.each(['silent', 'overReports', 'runsBackwards'])(
      'the meter lies (%s): nothing that it says counts, and the unit is refused',
      async (behaviour) => {
        await card('Make the meter lie').getByLabel('The meter').selectOption(behaviour);
        await card('Make the meter lie').locator('.outcome .good').waitFor();
        expect(wallet().stage.state().world.meter).toBe(behaviour);
        await buy();
        await undelivered();
      },
    );

    it('an honest meter again: the next unit is attested', async () => {
      await card('Make the meter lie').getByLabel('The meter').selectOption('honest');
      await card('Make the meter lie').locator('.outcome .good').waitFor();
      await buy();
      await told('consumer', 'unitAttested').waitFor();
    });

    it('sun and market: the world goes on as it was set', async () => {
      const world = card('Sun and market');
      await world.getByLabel('Speed').selectOption('300');
      await world.locator('.outcome .good').waitFor();
      for (const name of ['The utility publishes tariffs by itself', 'The producer makes offers by itself'])
        await turn('Sun and market', name);
      expect(wallet().stage.state().world).toMatchObject({ speed: 300, autoTariff: false, autoOffer: false });
      await world.getByLabel('Speed').selectOption('60');
      for (const name of ['The utility publishes tariffs by itself', 'The producer makes offers by itself'])
        await turn('Sun and market', name);
    });

    it('raise fees: the Bitcoin node relays nothing below, and as before when they are lowered', async () => {
      const least = async () => {
        const { minrelaytxfee } = (await regtest().call('getmempoolinfo')) as { minrelaytxfee: number };
        return Math.round(minrelaytxfee * 1e8);
      };
      await card('Raise or lower the fees').getByLabel('Least fee rate').fill('2.5');
      await press('Raise or lower the fees', 'Set');
      expect(await least()).toBe(2500);
      await press('Raise or lower the fees', 'Back to 1 sat/vB');
      expect(await least()).toBe(1000);
    });

    it('reorganise: the last block is another one; what was undone is said, and that it came back', async () => {
      await open();
      await press('Mine blocks', 'One block');
      await told('utility', 'fundingConfirmed').waitFor();
      const height = await regtest().height();
      const block = await regtest().call('getblockhash', height);
      await card('Reorganise the chain').getByLabel('Blocks to take back').fill('1');
      await press('Reorganise the chain', 'Reorganise');
      expect(await regtest().call('getblockhash', height)).not.toBe(block);
      for (const role of ['consumer', 'producer', 'utility'] as const) {
        expect(await told(role, 'fundingReorganised').innerText()).toContain('out of the chain');
        await told(role, 'fundingConfirmed').waitFor();
      }
    });

    it('a party offline and killed: its daemon is gone, and back with the same channel', async () => {
      const before = await clients().producer.call('getInfo', {});
      for (const stop of ['Stop the producer', 'Kill the producer']) {
        await press('Take a party offline', stop);
        expect(wallet().stage.state().parties.producer.running).toBe(false);
        await page.locator('.segment-producer .dot-down').waitFor();
        await press('Take a party offline', 'Start the producer');
        await page.locator('.segment-producer .dot-up').waitFor();
      }
      const { nodeId } = await clients().producer.call('getInfo', {});
      expect(nodeId).toBe(before.nodeId);
      unreachable();
      await channelWhen(clients().consumer, channel, ({ state, link }) => state === 'open' && link === 'up');
    });

    it('an old commitment: its states with what each would gain; the cheat loses it all', async () => {
      const now = await balances();
      await showStates('Publish an old commitment', 'Show its old states');
      const rows = card('Publish an old commitment').locator('tbody tr');
      const oldest = rows.filter({ has: page.locator(`input[value="${channel} 0"]`) });
      const gain = (await oldest.locator('td').nth(1).innerText()).replace(/[^\d.]/g, '');
      const [whole = '0', part = ''] = gain.split('.');
      const consumerAtFirst = 200_000_000n;
      expect(BigInt(whole + part.padEnd(3, '0'))).toBe(consumerAtFirst - BigInt(now.consumerMsat));
      await oldest.locator('input').check();
      await press('Publish an old commitment', 'Publish state 0');
      await press('Mine blocks', 'One block');
      expect(await told('producer', 'breach').innerText()).toContain(
        'The consumer published the old state 0',
      );
      expect(await told('producer', 'claiming').innerText()).toContain('9 Breach');
      await press('Mine blocks', 'One block');
      expect(await told('consumer', 'outputSpent').first().innerText()).toContain('by the revocation key');
    });

    it('a dispute: the utility decides after the contest window, and all three say why', async () => {
      const disputed = await open();
      await mine(6);
      await told('producer', 'opened').waitFor();
      await channelWhen(clients().consumer, disputed, ({ state }) => state === 'open');
      await press('Open a dispute', 'Ask the utility');
      await told('utility', 'arbitrationOpened').waitFor();
      await mine(CONTEST_WINDOW + 1);
      for (const role of ['consumer', 'producer', 'utility'] as const)
        expect(await told(role, 'verdict').innerText()).toContain('decided the dispute of the producer');
    });

    it('a lost database: the party asks the others to close and publishes nothing itself', async () => {
      const lost = await open();
      await mine(6);
      await told('consumer', 'opened').waitFor();
      const { channelId } = await channelWhen(clients().consumer, lost, ({ state }) => state === 'open');
      await card('Lose a database').getByLabel('Party').selectOption('consumer');
      await press('Lose a database', 'Delete its database');
      expect(await told('producer', 'settling').innerText()).toContain('The channel goes to the chain.');
      const { channels } = await clients().consumer.call('listChannels', {});
      const found = channels.find((each) => each.channelId === channelId);
      expect([found?.state, found?.why?.code]).toEqual(['settling', 'dataLost']);
      unreachable();
    });
  });
}
