import { type Signal, signal } from '@preact/signals';

export const VIEWS = ['wallet', 'channel', 'trade', 'chain', 'laboratory', 'utility'] as const;
export type ViewName = (typeof VIEWS)[number];

/** `#/wallet/send` is the view `wallet` with the rest `['send']`. */
export interface Route {
  readonly view: ViewName;
  readonly rest: readonly string[];
}

export function routeOf(hash: string): Route {
  const [name, ...rest] = hash.replace(/^#\/?/, '').split('/');
  const view = VIEWS.find((each) => each === name);
  return view === undefined ? { view: 'wallet', rest: [] } : { view, rest };
}

export const route: Signal<Route> = signal(routeOf(location.hash));

addEventListener('hashchange', () => {
  route.value = routeOf(location.hash);
});

/** Goes to a view. */
export function go(view: ViewName, ...rest: readonly string[]): void {
  location.hash = ['#', view, ...rest].join('/');
}
