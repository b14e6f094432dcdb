ALTER TABLE "achilles_core"."events" DROP CONSTRAINT "events_pkey";--> statement-breakpoint
ALTER TABLE "achilles_core"."events" ADD CONSTRAINT "events_session_id_event_id_pk" PRIMARY KEY("session_id","event_id");--> statement-breakpoint
-- Until now a key was kept without its caller. A gateway without credentials, the usual case on one machine, calls as `anonymous`.
UPDATE "achilles_core"."agent_performance" SET "idempotency_key" = encode(sha256(convert_to("idempotency_key" || ':anonymous', 'UTF8')), 'hex') WHERE "idempotency_key" IS NOT NULL;--> statement-breakpoint
UPDATE "achilles_core"."error_correlations" SET "idempotency_key" = encode(sha256(convert_to("idempotency_key" || ':anonymous', 'UTF8')), 'hex') WHERE "idempotency_key" IS NOT NULL;--> statement-breakpoint
UPDATE "achilles_core"."session_snapshots" SET "idempotency_key" = encode(sha256(convert_to("idempotency_key" || ':anonymous', 'UTF8')), 'hex') WHERE "idempotency_key" IS NOT NULL;
