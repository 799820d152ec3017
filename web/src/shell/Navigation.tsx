import { laboratory } from '../lab/laboratory.ts';
import { VIEW_TABLE } from '../views/table.ts';
import { route, VIEWS } from './route.ts';

/** The views: a column beside the content, a row below it on a phone. */
export function Navigation() {
  const shown = VIEWS.filter((view) => view !== 'laboratory' || laboratory.value !== null);
  return (
    <nav class="views" aria-label="Views">
      <ul>
        {shown.map((view) => (
          <li key={view}>
            <a href={`#/${view}`} aria-current={route.value.view === view ? 'page' : undefined}>
              <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
                <path d={VIEW_TABLE[view].icon} />
              </svg>
              {VIEW_TABLE[view].title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
