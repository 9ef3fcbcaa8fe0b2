// The steps about who made the record: the batch, its signature, and the enrolment of its key.
import { base64url, fromBase64url, type RecordView } from '@grantlog/record'
import type { Parts } from './parts.ts'
import { breachOf, type Enrolment, enrolmentDigest, isLate, type RecordLeaf } from './entries.ts'
import { revocationOf } from './revocation.ts'
import { ATTRIBUTES, textOf } from './record.ts'
import { type Input, type Step, stepOf } from './step.ts'

export function batchStep({ bundle, digests, leaf, statement }: Parts): Step {
  if (!digests.ok) return stepOf('batch', ['failed', digests.why])
  if (!statement.ok) return stepOf('batch', ['failed', statement.why])
  const { firstSeq, instance, iat, n, root } = statement.value
  const inputs: Input[] = [
    { name: 'Root that was signed', value: root, form: 'hash' },
    { name: 'Records', value: `${n}, numbers ${firstSeq} to ${firstSeq + n - 1}`, form: 'text' },
    { name: 'Signed at', value: isoOf(iat * 1000), form: 'text' },
    { name: 'Digests', value: linesOf(bundle.digests), form: 'block' },
  ]
  if (!leaf.ok) return stepOf('batch', ['skipped', 'the leaf cannot be read'], inputs)
  const { digest, seq } = leaf.value
  const at = (seq - firstSeq) * 32
  const own = at >= 0 ? base64url(digests.value.subarray(at, at + 32)) : ''
  if (own !== digest) return stepOf('batch', ['failed', 'its digest is not in the batch'], inputs)
  if (instance !== leaf.value.instance) {
    return stepOf('batch', ['failed', 'the batch is of another stream than the leaf'], inputs)
  }
  const why = `it is number ${seq - firstSeq + 1} of ${n}, and the digests give the root`
  return stepOf('batch', ['passed', why], inputs)
}

export function signatureStep({ bundle, crypto, enrolment, leaf, signed }: Parts): Step {
  const inputs: Input[] = [{ name: 'JWS', value: bundle.jws.replaceAll('.', '.\n'), form: 'block' }]
  if (!signed.ok) return stepOf('signature', ['failed', signed.why], inputs)
  const { input, kid, signature } = signed.value
  inputs.unshift({ name: 'Key (kid)', value: kid, form: 'hash' })
  if (!enrolment.ok) {
    return stepOf('signature', ['skipped', 'its key is not known: see the enrolment'], inputs)
  }
  const { publicKey } = enrolment.value
  inputs.push({ name: 'Public key', value: publicKey, form: 'hash' })
  if (kid !== enrolment.value.kid || (leaf.ok && kid !== leaf.value.kid)) {
    return stepOf('signature', ['failed', 'the batch names another key'], inputs)
  }
  const isSigned = crypto.verify(fromBase64url(publicKey)!, input, signature)
  return isSigned
    ? stepOf('signature', ['passed', 'the Ed25519 signature of the batch is right'], inputs)
    : stepOf('signature', ['failed', 'the signature is wrong'], inputs)
}

export function enrolmentStep(parts: Parts): Step {
  const { bundle, crypto, enrolment, keyLeaf, leaf } = parts
  const inputs: Input[] = [
    { name: 'Enrolment', value: bundle.enrolment, form: 'block' },
    { name: 'Leaf of the key', value: bundle.keyLeaf, form: 'block' },
  ]
  const step = (state: Step['state'], why: string): Step => {
    return stepOf('enrolment', [state, why], inputs)
  }
  if (!enrolment.ok) return step('failed', `the enrolment is malformed: ${enrolment.why}`)
  if (!keyLeaf.ok) return step('failed', `the leaf of the key is malformed: ${keyLeaf.why}`)
  if (keyLeaf.value.digest !== enrolmentDigest(bundle.enrolment, crypto.sha256)) {
    return step('failed', 'the enrolment is not the one that the log holds')
  }
  const { kid } = enrolment.value
  if (keyLeaf.value.id !== kid) return step('failed', 'the leaf is of another key')
  if (bundle.keyIndex >= bundle.index) return step('failed', 'it was enrolled after the record')
  if (!leaf.ok) return step('skipped', 'the leaf of the record cannot be read')
  if (leaf.value.kid !== kid) return step('failed', 'the enrolment is of another key')
  return scopeStep(parts, { enrolment: enrolment.value, leaf: leaf.value, step })
}

function scopeStep(
  parts: Parts,
  context: {
    readonly enrolment: Enrolment
    readonly leaf: RecordLeaf
    readonly step: (state: Step['state'], why: string) => Step
  },
): Step {
  const { statement, view } = parts
  const { enrolment, leaf, step } = context
  if (!statement.ok || !view.ok) {
    return step('skipped', 'what the key was used for cannot be read')
  }
  const record = view.value
  const breach = breachOf(enrolment, statement.value, {
    action: textOf(record, ATTRIBUTES.action) ?? '',
    service: serviceOf(record),
    role: textOf(record, ATTRIBUTES.role),
    issuer: textOf(record, ATTRIBUTES.issuer),
  })
  if (breach !== null) return step('failed', breach)
  if (isLate(enrolment, leaf.receivedAt)) {
    return step('failed', 'the record came long after its key was valid')
  }
  const how = `${howOf(enrolment)} for ${enrolment.services.join(', ')}, before the record`
  const revocation = revocationOf(parts, leaf)
  if (!revocation.ok) return step('failed', revocation.why)
  if (revocation.value === null) return step('passed', how)
  const since = isoOf(revocation.value * 1000)
  return step('passed', `${how}; but declared compromised from ${since}, before this was sealed`)
}

function howOf({ assurance }: Enrolment): string {
  if (assurance === 'tofu') return 'trusted at its first use'
  return assurance === 'issuer-asserted' ? 'enrolled by an access token' : 'enrolled'
}

function serviceOf(view: RecordView): string | undefined {
  return textOf(view, ATTRIBUTES.service)
}

/** Digests do not end where characters of base64url do: 64 characters a line, then. */
function linesOf(text: string): string {
  return text.replace(/.{64}/g, '$&\n')
}

/** Times beyond what a Date holds are told as numbers. */
function isoOf(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
