import type { ComponentType } from 'preact';
import type { NodeModel } from '../nodes/node.ts';
import type { ViewName } from '../shell/route.ts';
import { ChainView } from './chain/ChainView.tsx';
import { ChannelView } from './channel/ChannelView.tsx';
import { LaboratoryView } from './laboratory/LaboratoryView.tsx';
import { TradeView } from './trade/TradeView.tsx';
import { UtilityView } from './utility/UtilityView.tsx';
import { WalletView } from './wallet/WalletView.tsx';

export interface ViewProps {
  /** The party in view. */
  readonly node: NodeModel;
}

export interface ViewEntry {
  readonly title: string;
  /** The path of a 24 x 24 line drawing. */
  readonly icon: string;
  readonly View: ComponentType<ViewProps>;
  /** Whether it is shown once for each party in view. */
  readonly forEachNode: boolean;
}

export const VIEW_TABLE: Readonly<Record<ViewName, ViewEntry>> = {
  wallet: {
    title: 'Wallet',
    icon: 'M4 7a2 2 0 0 1 2-2h12v4M4 7v10a2 2 0 0 0 2 2h14V9H6a2 2 0 0 1-2-2m12 7h.01',
    View: WalletView,
    forEachNode: true,
  },
  channel: {
    title: 'Channel',
    icon: 'M4 8h13l-4-4M20 16H7l4 4',
    View: ChannelView,
    forEachNode: true,
  },
  trade: {
    title: 'Trade',
    icon: 'M13 3 5 14h6l-1 7 8-11h-6z',
    View: TradeView,
    forEachNode: true,
  },
  chain: {
    title: 'Chain',
    icon: 'M4 5h6v6H4zM14 13h6v6h-6zM7 11v5h7M10 8h7v5',
    View: ChainView,
    forEachNode: false,
  },
  laboratory: {
    title: 'Laboratory',
    icon: 'M9 3h6M10 3v6L5 19a1.5 1.5 0 0 0 1.3 2h11.4a1.5 1.5 0 0 0 1.3-2L14 9V3M8 15h8',
    View: LaboratoryView,
    forEachNode: false,
  },
  utility: {
    title: 'Utility',
    icon: 'M12 3 7 21M12 3l5 18M5 9h14M6 14h12M9 3h6',
    View: UtilityView,
    forEachNode: false,
  },
};
