// The tenants that a receiver serves: all that the data folder has when it starts, and those that
// are made while it runs. One that cannot be served is told, tried again now and then, and harms no
// other. See test/tenants.test.ts.
import {
  ballastBytes,
  type DiskState,
  foldersUnder,
  type Ledger,
  LedgerError,
  type LedgerOptions,
  openLedger,
  readPublicKeys,
} from '@grantlog/ledger'
import type { Metrics, Receiver, ServedTenant } from '@grantlog/receiver'
import type { Config } from './config/schema.ts'
import { configuredSinks } from './config/sinks.ts'
import { rootFolder, tenantFolder, tenantsIn } from './data-folder.ts'
import { CliError, problemOf } from './errors.ts'
import { publishExportKey, sharedKeys } from './first-start.ts'
import type { ReceiverEvent } from './log-codes.ts'
import { timedDisk } from './timed-disk.ts'

export interface ServedTenantsOptions {
  readonly config: Config
  readonly log: (event: ReceiverEvent) => void
  readonly metrics: Metrics
}

export interface ServedTenants {
  /** Those that are there now, each with its ledger open. */
  readonly first: readonly ServedTenant[]
  /** Serves new ones from now on, too. */
  follow(receiver: Receiver): void
  /** No more are served; once the receiver is closed, their ledgers may be. */
  stop(): Promise<void>
  /** Closes the ledgers. */
  close(): Promise<void>
}

/** Between two looks for new tenants, ms. */
const lookMs = 2_000
/** Between two tries to serve one that could not be served, ms. */
const againMs = 60_000

export async function openTenants(options: ServedTenantsOptions): Promise<ServedTenants> {
  const tenants = new OpenTenants(options)
  await tenants.tellMissing()
  return { first: await tenants.open(), ...tenants.methods }
}

class OpenTenants {
  readonly #options: ServedTenantsOptions
  readonly #root: string
  readonly #ledgers = new Map<string, Ledger>()
  /** When to try again, by the clock that never goes back. */
  readonly #later = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(options: ServedTenantsOptions) {
    this.#options = options
    this.#root = rootFolder(options.config)
  }

  /** What is said of a tenant that is not there has no effect. */
  async tellMissing(): Promise<void> {
    const there = await tenantsIn(this.#root)
    for (const { name } of this.#options.config.tenants) {
      if (there.includes(name)) continue
      this.#tell(name, new CliError('TENANT_UNKNOWN', `${name} in ${this.#root}`))
    }
  }

  /** Opens those that are not open yet. */
  async open(): Promise<ServedTenant[]> {
    const served: ServedTenant[] = []
    const names = await tenantsIn(this.#root)
    await this.#refuseTwins(names)
    for (const name of names) {
      const tenant = this.#isDue(name) ? await this.#tryOpen(name) : undefined
      if (tenant) served.push(tenant)
    }
    return served
  }

  /**
   * Of two folders with one log nobody knows which is the copy: served would be whichever comes
   * first, and the log would have two histories. None of them is, unless one was served before.
   */
  async #refuseTwins(names: readonly string[]): Promise<void> {
    // It is looked at every two seconds, and mostly all are open.
    if (!names.some((name) => this.#isDue(name))) return
    const origins = new Map<string, string>()
    for (const name of names) origins.set(name, await this.#originOf(name))
    for (const [origin, all] of Map.groupBy(names, (name) => origins.get(name)!)) {
      if (origin === '' || all.length === 1 || all.some((name) => this.#ledgers.has(name))) continue
      for (const name of all.filter((one) => this.#isDue(one))) {
        this.#tell(name, new CliError('TENANT_TWICE', `${all.join(' and ')}: ${origin}`))
        await this.#giveUp(name)
      }
    }
  }

  /** '': its keys cannot be read, which opening it will tell. */
  async #originOf(name: string): Promise<string> {
    const open = this.#ledgers.get(name)
    if (open) return open.origin
    const { keys } = foldersUnder(tenantFolder(this.#root, name))
    return await readPublicKeys(keys).then(
      ({ origin }) => origin,
      () => '',
    )
  }

  readonly methods: Omit<ServedTenants, 'first'> = {
    follow: (receiver) => {
      const served = receiver.status().tenants ?? {}
      const left = [...this.#ledgers.keys()].filter((name) => !Object.hasOwn(served, name))
      this.#looking = Promise.all(left.map((name) => this.#giveUp(name))).then(() => undefined)
      this.#timer = setInterval(() => {
        this.#looking = this.#looking.then(() => this.#look(receiver))
      }, lookMs)
    },
    stop: async () => {
      clearInterval(this.#timer)
      await this.#looking
    },
    close: async () => {
      await Promise.all(Array.from(this.#ledgers.values(), (ledger) => this.#closed(ledger)))
    },
  }

  async #look(receiver: Receiver): Promise<void> {
    try {
      for (const tenant of await this.open()) await this.#add(receiver, tenant)
    } catch (error) {
      this.#tell('', error)
    }
  }

  async #add(receiver: Receiver, tenant: ServedTenant): Promise<void> {
    try {
      await receiver.addTenant(tenant)
    } catch (error) {
      this.#tell(tenant.name, error)
      await this.#giveUp(tenant.name)
    }
  }

  async #tryOpen(name: string): Promise<ServedTenant | undefined> {
    try {
      return await this.#open(name)
    } catch (error) {
      // Its maker has it open still.
      const isLocked = error instanceof LedgerError && error.code === 'LEDGER_LOCKED'
      if (!isLocked || this.#later.has(name)) this.#tell(name, error)
      await this.#giveUp(name, isLocked && !this.#later.has(name) ? 0 : againMs)
      return undefined
    }
  }

  async #open(name: string): Promise<ServedTenant> {
    const { config, log, metrics } = this.#options
    const folders = foldersUnder(tenantFolder(this.#root, name))
    const { limits = {}, sinks } = config.tenants.find((each) => each.name === name) ?? {}
    const { newSubjectsPerMinute, ...shares } = limits
    const options: LedgerOptions = {
      ...(newSubjectsPerMinute !== undefined && { newSubjectsPerMinute }),
      ballastBytes,
      onFatal: (error) => this.#tell(name, error, 'TENANT_DOWN'),
      onDisk: (state, error) => log({ ...diskEvent(state, error), tenant: name }),
    }
    const ledger = await openLedger(folders, options, timedDisk(folders, metrics, name))
    this.#ledgers.set(name, ledger)
    sharedKeys(ledger.keystore)
    await publishExportKey(folders, ledger)
    const own = await configuredSinks(sinks ?? [], process.env)
    // Those that are not said stay the usual ones.
    const said = Object.entries(shares).filter(([, limit]) => limit !== undefined)
    return { name, ledger, folders, sinks: own, limits: Object.fromEntries(said) }
  }

  #isDue(name: string): boolean {
    return !this.#ledgers.has(name) && performance.now() >= (this.#later.get(name) ?? 0)
  }

  async #giveUp(name: string, ms: number = againMs): Promise<void> {
    this.#later.set(name, performance.now() + ms)
    const ledger = this.#ledgers.get(name)
    this.#ledgers.delete(name)
    if (ledger) await this.#closed(ledger)
  }

  async #closed(ledger: Ledger): Promise<void> {
    await ledger.close().catch((error: unknown) => this.#tell(ledger.origin, error))
  }

  #tell(
    tenant: string,
    error: unknown,
    code: 'TENANT_NOT_SERVED' | 'TENANT_DOWN' = 'TENANT_NOT_SERVED',
  ): void {
    const { code: cause, title } = problemOf(error)
    this.#options.log({ code, level: 'error', tenant, cause, detail: title })
  }
}

/** Told once each; what gets no receipt meanwhile is with the producers still. */
export function diskEvent(state: DiskState, error?: Error): ReceiverEvent {
  if (state === 'recovered') return { code: 'DISK_RECOVERED', level: 'info' }
  return { code: 'DISK_FULL', level: 'error', detail: error?.message }
}
