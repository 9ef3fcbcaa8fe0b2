// Which key of the log counts. Without one from outside, a proof is only consistent in itself.
import { parseVkey } from '@grantlog/tlog'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Card } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { Hash } from '../parts/value.tsx'
import { browserCrypto, isSoundKey } from './crypto.ts'
import { attempt } from './form.ts'
import type { Trust } from './log.ts'

interface TrustedKeyProps {
  readonly trust: Trust | null
  readonly bundleKey: string
  readonly onChange: (trust: Trust | null) => void
}

export function TrustedKey({ trust, bundleKey, onChange }: TrustedKeyProps): ReactNode {
  return (
    <Card title="The log’s key">
      <p>{trust === null ? texts.none : texts[trust.kind]}</p>
      {trust === null ? null : (
        <p className="kept-key">
          <Hash value={trust.key} label="trusted key" ends={14} />
          <span className="muted">
            since <Time ms={Date.parse(trust.since)} />
          </span>
        </p>
      )}
      {trust !== null && trust.key !== bundleKey ? (
        <p className="input-mark" data-mark="differs">
          <Icon name="warning" /> The key that came along is another.
        </p>
      ) : null}
      <GiveKey onGive={(key) => onChange({ key, kind: 'given', since: now() })} />
      {trust === null ? null : (
        <Button kind="quiet" onPress={() => onChange(null)}>
          Forget this key
        </Button>
      )}
    </Card>
  )
}

const texts = {
  none: 'This browser had no key of this log before now. Once all else holds, it keeps this one.',
  seen: 'The key that this browser met first. A server that lies from the start is not found so.',
  given: 'The key that you gave. Proofs are checked with it, whatever the server says.',
}

function GiveKey({ onGive }: { readonly onGive: (key: string) => void }): ReactNode {
  const id = useId()
  const [text, setText] = useState('')
  const [fault, setFault] = useState('')
  const give = (event: FormEvent): void => {
    event.preventDefault()
    const why = faultOf(text.trim())
    setFault(why)
    if (why === '') onGive(text.trim())
  }
  return (
    <form className="give-key" onSubmit={give}>
      <label className="label" htmlFor={id}>
        Key that was kept outside (the line that the receiver printed at its first start)
      </label>
      <input
        id={id}
        className="input mono"
        value={text}
        onChange={({ target }) => setText(target.value)}
        placeholder="origin+0123abcd+Aa…"
        spellCheck={false}
        autoComplete="off"
        maxLength={1_024}
        aria-invalid={fault !== ''}
        aria-describedby={`${id}-fault`}
      />
      <p id={`${id}-fault`} className="fault" role="alert">
        {fault}
      </p>
      <button type="submit" className="button plain">
        Check with this key
      </button>
    </form>
  )
}

function faultOf(text: string): string {
  const key = attempt(() => parseVkey(text, browserCrypto.sha256))
  if (!key.ok) return `This is no verifier key: ${key.why}.`
  return isSoundKey(key.value.publicKey) ? '' : 'This is no sound Ed25519 key.'
}

function now(): string {
  return new Date().toISOString()
}
