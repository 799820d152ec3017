import { answerCalls } from '../../tools/child.ts';
import type { PartyCalls } from './calls.ts';
import { PartyDaemon } from './daemon.ts';

answerCalls<PartyCalls>(new PartyDaemon());
