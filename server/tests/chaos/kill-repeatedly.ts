import { setTimeout as delay } from 'node:timers/promises'
import type { KillableGateway, Victim } from './killable-gateway.ts'
import type { Ledger } from './ledger.ts'
import { wholeBetween } from './seeded-random.ts'

const LONGEST_AIM_MS = 30

export interface KillOptions {
  gateway: KillableGateway
  ledger: Ledger
  /** The number of events to be acknowledged. */
  events: number
  kills: number
  random: () => number
  signal: AbortSignal
  print: (line: string) => void
}

/** Alternately kills the gateway and the Core after some progress and restarts them; returns the number of kills. */
export async function killRepeatedly(options: KillOptions): Promise<number> {
  const { gateway, ledger, events, kills, random, signal, print } = options
  const share = Math.floor(events / (kills + 2))
  for (let done = 0; done < kills; done++) {
    const before = ledger.acknowledged.size
    if (before >= events) return done
    const progress = wholeBetween(random, Math.ceil(share / 3), share + 1)
    await ledger.reached(Math.min(events, before + progress), signal)
    // Not directly after an acknowledgement, which would always hit the same phase of a request.
    await delay(random() * LONGEST_AIM_MS, undefined, { signal })
    const victim: Victim = done % 2 === 0 ? 'gateway' : 'Core'
    await gateway.kill(victim)
    gateway.start()
    print(`kill ${done + 1}: the ${victim}, ${ledger.acknowledged.size} events acknowledged`)
  }
  return kills
}
