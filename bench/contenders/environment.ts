const { PORT, CORE_URL, CORE_API_KEY } = process.env

export const environment = { port: Number(PORT), coreUrl: CORE_URL ?? '', coreApiKey: CORE_API_KEY ?? '' }
