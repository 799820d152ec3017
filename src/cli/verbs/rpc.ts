import { METHOD_NAMES, METHODS, type MethodName, type MethodParams, methodNamed } from '../../rpc/methods.ts';
import { usageError } from '../exit.ts';
import { jsonText } from '../output/printable.ts';
import type { Verb } from '../session.ts';

/** `rpc` calls any method of the daemon, also those without a verb of their own. */
export const rpcVerb: Verb = (program, cli) => {
  const command = program
    .command('rpc')
    .description('call any method of the daemon, see docs/rpc.md')
    .argument('<method>', `one of ${METHOD_NAMES.length}, for example listTariffs`)
    .argument('[params]', 'as a JSON object', '{}');
  cli.action(command, async ({ output, daemon }, method: string, params: string) => {
    const name = methodNamed(method);
    if (name === undefined)
      throw usageError(`there is no method '${method}'`, `There are ${METHOD_NAMES.join(', ')}.`);
    const answer = await (await daemon()).call(name, checked(name, params));
    output.result(answer, (value) => jsonText(value, 2).split('\n'));
  });
};

function checked(method: MethodName, text: string): MethodParams<MethodName> {
  const fitting = METHODS[method].params.safeParse(json(text));
  if (fitting.success) return fitting.data;
  const problems = fitting.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'params'}: ${message}`,
  );
  throw usageError(`the parameters do not fit ${method}`, ...problems);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageError('the parameters are not JSON', `For example '{"limit": 10}'.`);
  }
}
