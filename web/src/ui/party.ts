import { createContext } from 'preact';

/** The id of the heading that names the party whose column this is; null where one party is shown. */
export const PartyHeading = createContext<string | null>(null);
