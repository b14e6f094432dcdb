import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'
import { wholeBetween } from './seeded-random.ts'

const LONGEST_AIM_MS = 30

/** A process that can be killed. */
export interface Victim {
  name: string
  /** Kills it with SIGKILL and has it started again. */
  kill(): Promise<void>
}

export interface KillOptions {
  /** In turn. */
  victims: readonly Victim[]
  ledger: Ledger
  /** The number of events to be acknowledged. */
  events: number
  kills: number
  random: () => number
  signal: AbortSignal
  print: (line: string) => void
}

/** Kills one victim after the other, each after some progress; returns the number of kills. */
export async function killRepeatedly(options: KillOptions): Promise<number> {
  const { victims, ledger, events, kills, random, signal, print } = options
  const share = Math.floor(events / (kills + 2))
  for (let done = 0; done < kills; done++) {
    const before = ledger.acknowledged.size
    if (before >= events) return done
    const progress = wholeBetween(random, Math.ceil(share / 3), share + 1)
    await ledger.reached(Math.min(events, before + progress), signal)
    // Not directly after an acknowledgement, which would always hit the same phase of a request.
    await delay(random() * LONGEST_AIM_MS, undefined, { signal })
    const victim = victims[done % victims.length] as Victim
    await victim.kill()
    print(`kill ${done + 1}: ${victim.name}, ${ledger.acknowledged.size} events acknowledged`)
  }
  return kills
}
