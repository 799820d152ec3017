import { config } from 'zod';

/*
 * Before the first schema is made: the page's policy lets nobody make code of text, and zod would try. package.json names
 * this file, so that a bundler keeps it.
 */
config({ jitless: true });
