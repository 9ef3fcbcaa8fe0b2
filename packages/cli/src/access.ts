// Who may send to this receiver, as the configuration says; it is read again at SIGHUP.
import {
  type CallersOptions,
  checkAccess,
  type Receiver,
  type ReceiverOptions,
} from '@grantlog/receiver'
import type { Config } from './config/schema.ts'
import { CliError, problemOf } from './errors.ts'
import type { ReceiverEvent } from './log-codes.ts'

/** What startReceiver is told of it. */
export type AccessOptions = Pick<
  ReceiverOptions,
  'allowedHosts' | 'callers' | 'insecurePublicBind' | 'limits' | 'otlp' | 'tls'
>

/**
 * Errors: USAGE for a certificate without its key, RECEIVER_BIND_PUBLIC, RECEIVER_CALLERS_INVALID.
 */
export function accessOf(config: Config): AccessOptions {
  const options = optionsOf(config)
  checkAccess(options)
  return options
}

function optionsOf(config: Config): AccessOptions {
  const { allowedHosts, host, insecurePublicBind, port, tls } = config.otlp
  const { cert, clientCa, key } = tls
  const limits = connectionLimits(config.otlp)
  const options = { otlp: { host, port }, allowedHosts, insecurePublicBind, limits }
  const callers = callersOf(config)
  if (cert === undefined && key === undefined && clientCa === undefined) {
    return { ...options, callers }
  }
  if (cert === undefined || key === undefined) {
    throw new CliError('USAGE', 'TLS needs both --tls-cert and --tls-key (otlp.tls)')
  }
  const files = { cert, key, ...(clientCa !== undefined && { clientCa }) }
  return { ...options, callers, tls: files }
}

/** Those that are told; the receiver knows the others. */
function connectionLimits({
  connectionMaxAge,
  connectionsPerAddress,
}: Config['otlp']): AccessOptions['limits'] & object {
  return {
    ...(connectionMaxAge !== undefined && { connectionMaxAgeMs: connectionMaxAge }),
    ...(connectionsPerAddress !== undefined && { connectionsPerAddress }),
  }
}

/** Whoever has a certificate of the authority may send, unless the file says which. */
function callersOf({ callers, otlp }: Config): CallersOptions {
  const { issuers } = callers
  const any = otlp.tls.clientCa === undefined ? undefined : 'any'
  const certificates = callers.certificates ?? any
  return {
    issuers: issuers as CallersOptions['issuers'] & object,
    ...(certificates !== undefined && {
      certificates: certificates as CallersOptions['certificates'] & object,
    }),
  }
}

export interface Reloading {
  readonly receiver: Pick<Receiver, 'allow' | 'reload' | 'status'>
  readonly load: () => Promise<Config>
  readonly log: (event: ReceiverEvent) => void
}

/** Reads both again at each SIGHUP; what cannot be used changes nothing. Returns how to stop. */
export function reloadAtHangup({ load, log, receiver }: Reloading): () => void {
  const onHangup = async (): Promise<void> => {
    await receiver.reload()
    try {
      const callers = callersOf(await load())
      const { certificates, issuers = [] } = callers
      const isAsking = receiver.status().access.asks.length > 0
      if (isAsking || certificates !== undefined || issuers.length > 0) receiver.allow(callers)
    } catch (error) {
      const { code, title: detail } = problemOf(error)
      log({ code: 'CONFIG_NOT_RELOADED', level: 'error', reason: code, detail })
    }
  }
  const listener = (): void => void onHangup()
  process.on('SIGHUP', listener)
  return () => process.off('SIGHUP', listener)
}
