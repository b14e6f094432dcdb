import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CallOutcome, CircuitBreaker } from './circuit-breaker.ts'

let now: number
let circuit: CircuitBreaker
let probe: () => Promise<boolean>
const changes: boolean[] = []

beforeEach(() => {
  vi.useFakeTimers()
  now = 0
  changes.length = 0
  probe = () => Promise.resolve(true)
  circuit = new CircuitBreaker({
    probe: () => probe(),
    onChange: (open) => changes.push(open),
    random: () => 0,
    now: () => now,
  })
})
afterEach(() => {
  circuit.stop()
  vi.useRealTimers()
})

function end(outcome: CallOutcome, times = 1, principal = 'a'): void {
  for (let call = 0; call < times; call++) if (!circuit.isOpen) circuit.begin(principal)(outcome)
}

describe('the circuit opens', () => {
  test('at the tenth call if more than half failed', () => {
    end('failure', 9)
    expect(circuit.isOpen).toBe(false)
    end('failure')
    expect(circuit.isOpen).toBe(true)
    expect(() => circuit.begin('a')).toThrow('Core is failing')
    expect(changes).toEqual([true])
  })

  test('but not if exactly half failed', () => {
    end('success', 10)
    end('failure', 10)
    expect(circuit.isOpen).toBe(false)
    end('failure')
    expect(circuit.isOpen).toBe(true)
  })

  test('counting only calls that ended within the last ten seconds', () => {
    end('failure', 9)
    now = 10_000
    end('failure', 9)
    expect(circuit.isOpen).toBe(false)
    now = 19_999
    end('failure')
    expect(circuit.isOpen).toBe(true)
  })

  test('on 500s of ten principals, never of one', () => {
    end('server-error', 1000)
    expect(circuit.isOpen).toBe(false)
    for (let other = 1; other < 9; other++) end('server-error', 100, `p${other}`)
    expect(circuit.isOpen).toBe(false)
    end('server-error', 1, 'tenth')
    expect(circuit.isOpen).toBe(true)
  })

  test('but not on one principal’s 500s and a few failures: its 500s count once per window', () => {
    end('failure', 8)
    for (now = 0; now < 10_000; now += 100) end('server-error')
    expect(circuit.isOpen).toBe(false)
  })

  test('but not on ignored calls', () => {
    end('ignored', 1000)
    expect(circuit.isOpen).toBe(false)
  })
})

describe('the open circuit', () => {
  test('closes at the first probe that succeeds; one probe at a time, every two seconds', async () => {
    const probes: ((isAlive: boolean) => void)[] = []
    probe = () => new Promise((resolve) => probes.push(resolve))
    end('failure', 10)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(probes).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(probes).toHaveLength(1)
    probes[0]?.(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(probes).toHaveLength(2)
    expect(circuit.isOpen).toBe(true)
    probes[1]?.(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(circuit.isOpen).toBe(false)
    expect(changes).toEqual([true, false])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(probes).toHaveLength(2)
  })

  test('stays open when a probe throws', async () => {
    probe = () => Promise.reject(new Error('reset'))
    end('failure', 10)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(circuit.isOpen).toBe(true)
  })

  test('ignores the outcome of calls that began before it opened', async () => {
    const old = Array.from({ length: 20 }, () => circuit.begin('a'))
    end('failure', 10)
    for (const ended of old.slice(0, 10)) ended('failure')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(circuit.isOpen).toBe(false)
    for (const ended of old.slice(10)) ended('failure')
    expect(circuit.isOpen).toBe(false)
    end('failure', 10)
    expect(circuit.isOpen).toBe(true)
  })

  test('sends no probe after stop()', async () => {
    let probes = 0
    probe = () => Promise.resolve(++probes > 0)
    end('failure', 10)
    circuit.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(probes).toBe(0)
  })
})
