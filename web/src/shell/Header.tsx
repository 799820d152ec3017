import { useEffect } from 'preact/hooks';
import type { Role } from '../../../src/base/role.ts';
import { nodes } from '../nodes/nodes.ts';
import { TourMenu } from '../tours/TourMenu.tsx';
import { chooseRole, roleInView, WIDE } from './role.ts';
import { THEMES, type Theme, theme } from './theme.ts';

const THEME_TEXT: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' };

export function Header() {
  const network = nodes.value[0]?.info.value?.network;
  return (
    <header class="top">
      {/* no link: the address is of the view, and stays */}
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <a class="brand" href="#/wallet">
        <img src="/icon.svg" alt="" width="28" height="28" />
        Wattlane
      </a>
      {network !== undefined && (
        <span
          class="network"
          title={network === 'regtest' ? 'A Bitcoin network of your own: play money' : undefined}
        >
          {network}
        </span>
      )}
      <RoleSwitch />
      <TourMenu />
      <ThemeSwitch />
    </header>
  );
}

function RoleSwitch() {
  useEffect(() => {
    const wide = matchMedia(WIDE);
    const narrowed = () => {
      if (!wide.matches && roleInView.value === 'all') chooseRole(nodes.value[0]?.role ?? 'consumer');
    };
    wide.addEventListener('change', narrowed);
    return () => wide.removeEventListener('change', narrowed);
  }, []);
  if (nodes.value.length < 2) return null;
  const choices: readonly (Role | 'all')[] = [...nodes.value.map(({ role }) => role), 'all'];
  return (
    <fieldset class="segments role-switch">
      <legend class="sr-only">Party in view</legend>
      {choices.map((choice) => (
        <label key={choice} class={`segment segment-${choice}`}>
          <input
            type="radio"
            name="role"
            value={choice}
            checked={roleInView.value === choice}
            onChange={() => chooseRole(choice)}
          />
          <span>
            {choice !== 'all' && <LinkDot role={choice} />}
            {choice === 'all' ? 'All three' : choice}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const LINK_TEXT = {
  connecting: 'connecting',
  up: 'connected',
  down: 'not reachable',
  refused: 'refused',
} as const;

function LinkDot({ role }: { readonly role: Role }) {
  const link = nodes.value.find((node) => node.role === role)?.link.value ?? 'connecting';
  return (
    <span class={`dot dot-${link}`} title={LINK_TEXT[link]}>
      <span class="sr-only">{LINK_TEXT[link]}: </span>
    </span>
  );
}

function ThemeSwitch() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  return (
    <button
      type="button"
      class="button button-quiet theme-switch"
      aria-label={`Colours: ${THEME_TEXT[theme.value]}. Change to ${THEME_TEXT[next]}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      ◐ <span class="wide-only">{THEME_TEXT[theme.value]}</span>
    </button>
  );
}
