CREATE TABLE "achilles_core"."insight_states" (
	"session_id" text PRIMARY KEY NOT NULL,
	"last_created_at" timestamp with time zone,
	"counted_to" text
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."insight_tallies" (
	"session_id" text NOT NULL,
	"rule" text NOT NULL,
	"subject" text collate "C" NOT NULL,
	"count" bigint NOT NULL,
	"considered" bigint NOT NULL,
	"longest_ms" double precision NOT NULL,
	"first_at_ms" double precision NOT NULL,
	"first_event_id" text NOT NULL,
	CONSTRAINT "insight_tallies_session_id_rule_subject_pk" PRIMARY KEY("session_id","rule","subject")
);
--> statement-breakpoint
CREATE TABLE "achilles_core"."insights" (
	"session_id" text NOT NULL,
	"insight_id" text NOT NULL,
	"rule" text NOT NULL,
	"subject" text collate "C" NOT NULL,
	"first_at_ms" double precision NOT NULL,
	"content" json,
	"label" json,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "insights_session_id_insight_id_pk" PRIMARY KEY("session_id","insight_id")
);
--> statement-breakpoint
DROP INDEX "achilles_core"."events_session_id_occurred_at_ms_index";--> statement-breakpoint
CREATE INDEX "insights_session_id_created_at_index" ON "achilles_core"."insights" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "insights_session_id_rule_subject_index" ON "achilles_core"."insights" USING btree ("session_id","rule","subject");--> statement-breakpoint
CREATE INDEX "events_suggestions_index" ON "achilles_core"."events" USING btree ("session_id","event_type","occurred_at_ms","event_id" collate "C") WHERE "achilles_core"."events"."event_type" in ('suggestion_accepted', 'suggestion_rejected');--> statement-breakpoint
-- The insights of these sessions are computed when they are next used. An empty text is before every id.
INSERT INTO "achilles_core"."insight_states" ("session_id", "counted_to") SELECT "session_id", '' FROM "achilles_core"."sessions" WHERE EXISTS (SELECT FROM "achilles_core"."events" WHERE "events"."session_id" = "sessions"."session_id");
