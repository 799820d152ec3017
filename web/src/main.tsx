import { render } from 'preact';
import './ui/styles.css';
import { begin } from './shell/begin.ts';
import { Page } from './shell/Page.tsx';

const root = document.getElementById('page');
if (root !== null) render(<Page />, root);
void begin();
