/** The gRPC server around the provider. */
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Provider } from './provider.js';

export interface ServeOptions {
  /** Holds the .proto files. */
  readonly directory: string;
  readonly provider: Provider;
  readonly certPem: string;
  readonly keyPem: string;
  /** The only certificate that a client may show. */
  readonly clientCertPem: string;
  readonly onShutdown: () => void;
}

/** Gives the port. TCP rather than a socket: a killed provider leaves no file, and a long TMPDIR does no harm. */
export function serveProvider(options: ServeOptions): Promise<number> {
  const { directory, provider, certPem, keyPem, clientCertPem, onShutdown } = options;
  const packages = loadPackageDefinition(
    loadSync([join(directory, 'tfplugin5.proto'), join(directory, 'go-plugin.proto')], {
      keepCase: true,
      longs: Number,
      defaults: true,
    }),
  ) as unknown as Record<'tfplugin5' | 'plugin', Record<string, ServiceClientConstructor>>;
  const server = new Server();
  add(server, packages.tfplugin5['Provider'], (name) => {
    const method: unknown = Reflect.get(provider, name);
    return typeof method === 'function' ? (request) => method.call(provider, request) as unknown : undefined;
  });
  add(server, packages.plugin['GRPCController'], () => () => {
    onShutdown();
    return {};
  });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(clientCertPem),
    [{ private_key: Buffer.from(keyPem), cert_chain: Buffer.from(certPem) }],
    true,
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

type Method = (request: unknown) => unknown;

function add(
  server: Server,
  client: ServiceClientConstructor | undefined,
  methodNamed: (name: string) => Method | undefined,
): void {
  if (client === undefined) throw new Error('a service is missing in the .proto files');
  const handlers = Object.keys(client.service).map((name) => {
    const method = methodNamed(name);
    if (method === undefined) throw new Error(`the provider does not implement ${name}`);
    return [name, unary(method)];
  });
  server.addService(client.service, Object.fromEntries(handlers));
}

const unary =
  (method: Method) =>
  (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
    void (async () => method(call.request))().then(
      (response) => callback(null, response),
      (error: unknown) => callback({ code: status.INTERNAL, details: String(error) }),
    );
  };
