import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createRegistry, IncompatibleSchemaError, RegistryUnavailableError } from './registry.ts';

let close = () => {};
afterEach(() => close());

/** A registry that answers everything alike, as Confluent's does where a text is no Protobuf. */
async function registryThatAnswers(status: number, body: object) {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => void server.close();
  return createRegistry({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

it('does not have a text under a subject that it refuses to look for, and says so of one that it refuses to take', async () => {
  const registry = await registryThatAnswers(422, { error_code: 42201, message: 'Invalid schema' });
  expect(await registry.lookUp('transactions-stream-value', '{"type":"string"}')).toBeNull();
  await expect(registry.register('a', 'b', 'BACKWARD_TRANSITIVE')).rejects.toBeInstanceOf(IncompatibleSchemaError);
});

it('is to blame where it fails to look', async () => {
  const registry = await registryThatAnswers(500, { error_code: 50001, message: 'Error in the backend' });
  await expect(registry.lookUp('a', 'b')).rejects.toBeInstanceOf(RegistryUnavailableError);
});
