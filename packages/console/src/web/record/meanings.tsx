// What the registry says of the known values of each attribute. Loads behind the page: it is text.
import { useEffect, useState } from 'react'

/** By attribute, then by value. */
export type Meanings = ReadonlyMap<string, ReadonlyMap<string, string>>

let loaded: Meanings | undefined

async function load(): Promise<Meanings> {
  const { descriptions } = await import('@grantlog/record/described')
  loaded = new Map([...descriptions].map(([name, { values }]) => [name, values]))
  return loaded
}

/** Undefined until it is there; without it, values stand for themselves. */
export function useMeanings(): Meanings | undefined {
  const [meanings, setMeanings] = useState(loaded)
  useEffect(() => {
    if (meanings !== undefined) return
    load().then(setMeanings, () => undefined)
  }, [meanings])
  return meanings
}
