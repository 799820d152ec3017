import type { ScenarioName } from '../options.ts';
import type { Scenario } from '../scene.ts';
import { arbitrated } from './arbitrated.ts';
import { breach } from './breach.ts';
import { breachOfForfeit } from './breachOfForfeit.ts';
import { breachWhileOffline } from './breachWhileOffline.ts';
import { delivered } from './delivered.ts';
import { disputeDelivered } from './disputeDelivered.ts';
import { disputeNotDelivered } from './disputeNotDelivered.ts';
import { forfeit } from './forfeit.ts';
import { lostData } from './lostData.ts';
import { nonDelivery } from './nonDelivery.ts';
import { reorg } from './reorg.ts';
import { unilateral } from './unilateral.ts';

export const SCENARIOS: { readonly [N in ScenarioName]: Scenario } = {
  delivered,
  forfeit,
  'non-delivery': nonDelivery,
  arbitrated,
  unilateral,
  'dispute-delivered': disputeDelivered,
  'dispute-not-delivered': disputeNotDelivered,
  breach,
  'breach-while-offline': breachWhileOffline,
  'breach-of-forfeit': breachOfForfeit,
  'lost-data': lostData,
  reorg,
};
