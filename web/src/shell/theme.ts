import { effect, type Signal, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'wattlane-theme';

export const theme: Signal<Theme> = signal(
  THEMES.find((each) => each === localStorage.getItem(KEY)) ?? 'system',
);

effect(() => {
  const { value } = theme;
  if (value === 'system') {
    document.documentElement.removeAttribute('data-theme');
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.setAttribute('data-theme', value);
    localStorage.setItem(KEY, value);
  }
});
