-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS "notes_deck_id_idx" ON "public"."notes" ("deck_id");
