// All tenants of one receiver: a request is decoded once and divided by whose keys its scopes
// claim; the portions are committed side by side, each to its own journal, and answered together.
// What no tenant knows is the main one's. What a tenant's own caller brings is that tenant's alone,
// whatever its scopes claim. See tenants.test.ts and caller-tenants.test.ts.
import { isTenantName } from '@grantlog/ledger'
import type { AuditGroup, TraceRequest, Work } from '@grantlog/record/otlp'
import type { AgainPace } from './again.ts'
import { ReceiverError } from './codes.ts'
import { bodyDecoder } from './decode/decode.ts'
import type { Caller, ExportAnswer, ExportRequest } from './flow.ts'
import {
  policyFilesIn,
  type ReceiverOptions,
  type ReceiverStatus,
  type ServedTenant,
  type Settled,
} from './options.ts'
import type { Edge } from './receive/edge.ts'
import { divide, type Portion, wholeRequest } from './tenancy/divide.ts'
import { createOwners } from './tenancy/owners.ts'
import { startTenant, type Tenant } from './tenant.ts'
import { MAIN_LIMITS, MAX_TENANTS, TENANT_LIMITS, type TenantLimits } from './tenant-limits.ts'
import { claimedKid } from './producer/proofs.ts'
import type { Turns } from './turns.ts'
import { kidOf } from './verify/verify.ts'

export interface Tenants {
  /** The ledger in the data folder itself. */
  readonly main: Tenant
  named(name: string): Tenant | undefined
  /** The main one first. */
  readonly all: () => readonly Tenant[]
  /** See Receiver.addTenant. */
  readonly add: (tenant: ServedTenant) => Promise<void>
  readonly onExport: (request: ExportRequest) => Promise<ExportAnswer>
  readonly onConsistency: Edge['onConsistency']
  readonly onProducer: Edge['onProducer']
  /** In the tenant of who asks, and in no other. */
  readonly onEnrol: Edge['onEnrol']
  /** Nothing as long as there is only the main one. */
  status(): Pick<ReceiverStatus, 'tenants'>
}

export interface StartTenantsOptions extends Pick<ReceiverOptions, 'mainLimits' | 'tenants'> {
  /** Those of the edge: what is taken from a quarantine takes turns with what senders bring. */
  readonly turns: Pick<Turns, 'paceOf'>
}

interface Served {
  readonly tenant: Tenant
  readonly running: AsyncDisposableStack
}

/** Starts the main tenant, and those of the options. Errors: those of startTenant. */
export async function startTenants(
  settled: Settled,
  { mainLimits, tenants = [], turns }: StartTenantsOptions,
  started: AsyncDisposableStack,
): Promise<Tenants> {
  const all = new AllTenants(settled, turns)
  const { quarantineBytes, quarantineEntries } = settled.limits
  const limits = { ...MAIN_LIMITS, quarantineBytes, quarantineEntries, ...mainLimits }
  // It is the first, and stops last.
  await all.start(limits, started)
  started.defer(() => all.close())
  for (const tenant of tenants) {
    // The others are served: what is wrong with one is no reason to stop all.
    await all.add(tenant).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error)
      settled.log({ code: 'TENANT_NOT_SERVED', level: 'error', tenant: tenant.name, detail })
    })
  }
  return all
}

class AllTenants implements Tenants {
  readonly #settled: Settled
  readonly #turns: Pick<Turns, 'paceOf'>
  readonly #decodeBody: ReturnType<typeof bodyDecoder>
  readonly #owners = createOwners()
  readonly #others = new Map<string, Served>()
  #main: Tenant | undefined
  /** When all registers were asked for unknown keys, by the clock that never goes back. */
  #askedAt = -Infinity

  constructor(settled: Settled, turns: Pick<Turns, 'paceOf'>) {
    this.#settled = settled
    this.#turns = turns
    this.#decodeBody = bodyDecoder(settled.limits.batchesPerRequest)
  }

  get main(): Tenant {
    return this.#main!
  }

  async start(limits: TenantLimits, started: AsyncDisposableStack): Promise<void> {
    this.#main = await startTenant(
      {
        ...{ name: '', settled: this.#settled, limits, owners: this.#owners },
        onEnrolled: (kids) => this.#release('', kids),
      },
      started,
    )
  }

  named(name: string): Tenant | undefined {
    return this.#others.get(name)?.tenant
  }

  readonly all = (): readonly Tenant[] => [this.main, ...this.#tenants()]

  readonly add = async ({ limits, name, ...own }: ServedTenant): Promise<void> => {
    this.#requireNew(name, own.ledger.origin)
    await using running = new AsyncDisposableStack()
    const { log: logAll } = this.#settled
    const log: Settled['log'] = (event) => logAll({ ...event, tenant: name })
    const onFatal = (error: unknown): void => {
      // The others go on: only this one's ledger is not what is on its disk.
      log({ code: 'TENANT_DOWN', level: 'error', detail: String(error) })
    }
    const policyFiles = policyFilesIn(own.folders)
    const rest = { sinks: [], reconciled: [], ...own, policyFiles, log, onFatal }
    const settled = { ...this.#settled, ...rest }
    const options = { name, settled, limits: { ...TENANT_LIMITS, ...limits } }
    const onEnrolled = (kids: ReadonlySet<string>): void => this.#release(name, kids)
    const shared = { owners: this.#owners, onEnrolled }
    const tenant = await startTenant({ ...options, ...shared }, running)
    this.#others.set(name, { tenant, running: running.move() })
    log({ code: 'TENANT_STARTED', level: 'info', origin: tenant.ledger.origin })
    // What came before it was there, while its keys were nobody's.
    this.#release(name, this.#owners.keysOf(name))
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#others.values(), ({ running }) => running.disposeAsync()))
  }

  readonly onExport: Tenants['onExport'] = async (request) => {
    const home = this.#homeOf(request)
    return request.signal === 'traces' ? this.#takeTraces(request, home) : home.takeOther(request)
  }

  /**
   * What is a tenant's is never the main one's instead. Errors: RECEIVER_TENANT_AWAY,
   * RECEIVER_LOG_UNKNOWN.
   */
  #homeOf({ caller: { tenant: name }, origin }: Pick<ExportRequest, 'caller' | 'origin'>): Tenant {
    const home = name === undefined ? this.main : this.named(name)
    if (home === undefined) throw new ReceiverError('RECEIVER_TENANT_AWAY')
    if (origin === undefined || home.ledger.origin === origin) return home
    // Who is bound to one tenant learns nothing of the others.
    const others = name === undefined ? [...this.#tenants()] : []
    const named = others.find(({ ledger }) => ledger.origin === origin)
    if (named === undefined) throw new ReceiverError('RECEIVER_LOG_UNKNOWN')
    return named
  }

  async #takeTraces(asked: ExportRequest, home: Tenant): Promise<ExportAnswer> {
    const { body, caller, pace } = asked
    const isOfEdge = asked.origin !== undefined
    const { limits } = this.#settled
    const budget = { signatures: limits.signaturesPerRequest }
    const shared = { budget, isOfEdge, pace }
    const request = await pace(this.#decode(body, home), body.length)
    if (home !== this.main) this.#tellForeign(request.groups, caller, home)
    if (this.#others.size === 0 || home !== this.main || isOfEdge) {
      return home.take(wholeRequest(body, request, shared))
    }
    await this.#lookFor(request.groups)
    const tenantOf = (group: AuditGroup): Tenant => this.#tenantOf(group)
    const portions = divide({ body, request, shared, tenantOf, main: this.main })
    return joined(await this.#takeAll(portions), limits.receiptsPerResponse)
  }

  /**
   * What passes through has no place in a log that would tell a second time from the first: it goes
   * on only when the sender need not come again.
   */
  async #takeAll(
    portions: ReadonlyMap<Tenant, Portion>,
  ): Promise<readonly PromiseSettledResult<ExportAnswer>[]> {
    const mains = portions.get(this.main)
    const isLast = portions.size > 1 && mains !== undefined && mains.passThrough !== null
    const first = [...portions].filter(([tenant]) => !isLast || tenant !== this.main)
    const answers = await Promise.allSettled(first.map(([tenant, portion]) => tenant.take(portion)))
    if (!isLast) return answers
    const isAgain = answers.some(({ status }) => status === 'rejected')
    const last = isAgain ? { ...mains, passThrough: null, passThroughSpans: 0 } : mains
    const [answer] = await Promise.allSettled([this.main.take(last)])
    return [...answers, answer]
  }

  readonly onConsistency: Tenants['onConsistency'] = async (from, to, origin) => {
    const found = this.all().find(({ ledger }) => origin === null || ledger.origin === origin)
    if (found === undefined) throw new ReceiverError('RECEIVER_LOG_UNKNOWN')
    return found.ledger.proveConsistency(from, to)
  }

  readonly onProducer: Tenants['onProducer'] = async (asked) => {
    const kid = claimedKid(asked.proof)
    if (this.#others.size > 0 && kid !== undefined) await this.#lookForKids([kid])
    return this.#ownerOf(kid).tellProducer(asked)
  }

  readonly onEnrol: Tenants['onEnrol'] = async (who, request) => {
    return await this.#homeOf(who).enrolByToken(who, request)
  }

  status(): Pick<ReceiverStatus, 'tenants'> {
    if (this.#others.size === 0) return {}
    const states = Array.from(this.#others, ([name, { tenant }]) => {
      return [name, tenant.status()] as const
    })
    return { tenants: Object.fromEntries(states) }
  }

  *#tenants(): Generator<Tenant> {
    for (const { tenant } of this.#others.values()) yield tenant
  }

  /** To its home, keys of others are unknown, and so to the sender; the operator is told more. */
  #tellForeign(groups: readonly AuditGroup[], { name: caller }: Caller, home: Tenant): void {
    let spans = 0
    for (const group of groups) {
      const owner = this.#owners.ownerOf(kidOf(group) ?? '')
      if (owner !== undefined && owner !== home.name) spans += group.count
    }
    if (spans === 0) return
    const who = { caller, tenant: home.name, spans }
    this.#settled.log({ code: 'CALLER_OUT_OF_TENANT', level: 'warn', ...who })
  }

  *#decode(body: Uint8Array, home: Tenant): Work<TraceRequest> {
    try {
      return yield* this.#decodeBody(body)
    } catch (error) {
      home.counters.requests++
      throw error
    }
  }

  #tenantOf(group: AuditGroup): Tenant {
    return this.#ownerOf(kidOf(group))
  }

  #ownerOf(kid: string | undefined): Tenant {
    const owner = kid === undefined ? undefined : this.#owners.ownerOf(kid)
    return (owner === undefined ? undefined : this.named(owner)) ?? this.main
  }

  /** A key that nobody has may be enrolled since the last look, in any of the lists. */
  async #lookFor(groups: readonly AuditGroup[]): Promise<void> {
    await this.#lookForKids(groups.flatMap((group) => kidOf(group) ?? []))
  }

  async #lookForKids(all: readonly string[]): Promise<void> {
    const { limits, uptimeMs } = this.#settled
    const unknown = all.filter((kid) => this.#owners.ownerOf(kid) === undefined)
    if (unknown.length === 0 || uptimeMs() - this.#askedAt < limits.enrolmentLookMs) return
    this.#askedAt = uptimeMs()
    await Promise.all(Array.from(this.#tenants(), ({ register }) => register.refresh(unknown)))
  }

  /**
   * What was refused for these keys: it lies with the tenant, or, from before, with the main one.
   * What lies with a tenant is taken by no other: its callers brought it.
   */
  #release(name: string, kids: ReadonlySet<string>): void {
    const own = this.named(name)
    const pace = this.#turns.paceOf(`quarantine ${name}`)
    const howFor = ({ length: bytes }: Uint8Array): AgainPace => ({ bytes, pace })
    void this.#main?.quarantine.release(kids, (body) => this.#takeAgain(body, howFor(body)))
    void own?.quarantine.release(kids, async (body) => {
      const { groups } = await pace(this.#decode(body, own), body.length)
      return own.takeAgain(groups, howFor(body))
    })
  }

  async #takeAgain(body: Uint8Array, how: AgainPace): Promise<number> {
    const { groups: all } = await how.pace(this.#decode(body, this.main), how.bytes)
    const groups = Map.groupBy(all, (group) => this.#tenantOf(group))
    const begun = Array.from(groups, ([tenant, its]) => tenant.takeAgain(its, how))
    return (await Promise.all(begun)).reduce((sum, each) => sum + each, 0)
  }

  /** Errors: RECEIVER_TENANT_INVALID. */
  #requireNew(name: string, origin: string): void {
    if (!isTenantName(name)) throw new ReceiverError('RECEIVER_TENANT_INVALID', `the name ${name}`)
    if (this.#others.has(name)) throw new ReceiverError('RECEIVER_TENANT_INVALID', `${name} twice`)
    if (this.#others.size >= MAX_TENANTS) {
      throw new ReceiverError('RECEIVER_TENANT_INVALID', `more than ${MAX_TENANTS}`)
    }
    const same = this.all().find(({ ledger }) => ledger.origin === origin)
    if (same === undefined) return
    throw new ReceiverError('RECEIVER_TENANT_INVALID', `the origin ${origin} is there already`)
  }
}

/**
 * One answer. Each portion was committed or not, whatever became of the others; when one was not,
 * the sender comes again, and the others' records are duplicates then.
 */
function joined(
  answers: readonly PromiseSettledResult<ExportAnswer>[],
  receiptsMax: number,
): ExportAnswer {
  const done = answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
  const [only] = done
  if (done.length === 1) return only!
  return {
    refusals: done.flatMap(({ refusals }) => refusals),
    receipts: done.flatMap(({ receipts }) => receipts).slice(0, receiptsMax),
    // Of which log it would be, nobody could say who asks for one.
    checkpoint: null,
  }
}
