/**
 * A Transport over @grpc/grpc-js, for the hop that carries every vector. Unary calls only, to any gRPC server. The
 * server's side dominates the cost of a call: see "RPC" in ../README.md for figures.
 */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createContextValues,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from '@connectrpc/connect';
import { runUnaryCall } from '@connectrpc/connect/protocol';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import {
  type ChannelOptions,
  Client,
  credentials as channelCredentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { credentials, DEFAULT_MAX_MESSAGE_BYTES, KEEPALIVE, type RpcClientOptions } from './client.ts';

/** One connection, made at the first call; closed with options.scope. */
export function createHotTransport(options: RpcClientOptions): Transport {
  const client = new Client(new URL(options.url).host, channelCredentials.createInsecure(), channel(options));
  options.scope?.defer(`hot connection to ${options.url}`, () => client.close());
  const interceptors = [credentials(options.apiKey)];
  return {
    unary: (method, signal, timeoutMs = options.deadlineMs, header, message, contextValues = createContextValues()) =>
      runUnaryCall({
        interceptors,
        ...(signal === undefined ? {} : { signal }),
        timeoutMs,
        req: {
          stream: false,
          service: method.parent,
          method,
          requestMethod: 'POST',
          url: `${options.url}/${method.parent.typeName}/${method.name}`,
          header: new Headers(header),
          contextValues,
          message,
        },
        next: (request) => call(client, request, timeoutMs),
      }),
    stream: () => Promise.reject(new ConnectError('the hot transport has no streaming', Code.Unimplemented)),
  };
}

function channel(options: RpcClientOptions): ChannelOptions {
  const maxBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  return {
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': maxBytes,
    'grpc.keepalive_time_ms': KEEPALIVE.pingIntervalMs,
    'grpc.keepalive_timeout_ms': KEEPALIVE.pingTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
  };
}

function call<I extends DescMessage, O extends DescMessage>(
  client: Client,
  request: UnaryRequest<I, O>,
  timeoutMs: number,
): Promise<UnaryResponse<I, O>> {
  const { method, service, signal } = request;
  const [header, trailer] = [new Headers(), new Headers()];
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const ongoing = client.makeUnaryRequest(
      `/${service.typeName}/${method.name}`,
      (message: MessageShape<I>) => toBuffer(toBinary(method.input, message)),
      (bytes) => fromBinary(method.output, bytes),
      request.message,
      toMetadata(request.header),
      { deadline: Date.now() + timeoutMs },
      (error, message) => {
        signal.removeEventListener('abort', cancel);
        if (error !== null) reject(fromServiceError(error));
        else resolve({ stream: false, service, method, header, trailer, message: message as MessageShape<O> });
      },
    );
    const cancel = (): void => ongoing.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    ongoing.on('metadata', (metadata) => copyMetadata(metadata, header));
    ongoing.on('status', (status) => copyMetadata(status.metadata, trailer));
  });
}

function fromServiceError(error: ServiceError): ConnectError {
  const headers = new Headers();
  copyMetadata(error.metadata, headers);
  const code = error.code in Code ? (error.code as number as Code) : Code.Unknown;
  const detailed = headers.has('grpc-status-details-bin') ? findTrailerError(headers) : undefined;
  const wire = new ConnectError(detailed?.rawMessage ?? percentDecoded(error.details), code, headers);
  if (detailed !== undefined) wire.details = detailed.details;
  wire.isWireError = true;
  return wire;
}

/** Connect servers percent-encode more of grpc-message than grpc-js decodes. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toMetadata(header: Headers): Metadata {
  const metadata = new Metadata();
  header.forEach(
    (value, name) => void metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value),
  );
  return metadata;
}

function copyMetadata(from: Metadata, to: Headers): void {
  for (const [name, values] of Object.entries(from.toJSON())) {
    for (const value of values) to.append(name, typeof value === 'string' ? value : value.toString('base64'));
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
