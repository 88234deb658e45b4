-- allow: rename
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
ALTER TABLE "public"."notes" NO FORCE ROW LEVEL SECURITY;
DROP INDEX IF EXISTS "public"."notes_title_idx";
CREATE TABLE IF NOT EXISTS "public"."decks" (
  "id" TEXT PRIMARY KEY,
  "organization_id" TEXT NOT NULL,
  "created_by" TEXT,
  "created_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "updated_at" TIMESTAMPTZ NOT NULL DEFAULT now()
);
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'decks_organization_id_idx' AND indrelid = '"public"."decks"'::regclass) THEN
    CREATE INDEX "decks_organization_id_idx" ON "public"."decks" ("organization_id");
  END IF;
END $ablo$;
ALTER TABLE "public"."notes" RENAME COLUMN "title" TO "heading";
UPDATE "public"."notes" SET "stars" = 3 WHERE "stars" IS NULL;
ALTER TABLE "public"."notes" ALTER COLUMN "stars" SET NOT NULL;
ALTER TABLE "public"."notes" ADD COLUMN "deck_id" TEXT;
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'notes_stars_idx' AND indrelid = '"public"."notes"'::regclass) THEN
    CREATE INDEX "notes_stars_idx" ON "public"."notes" ("stars");
  END IF;
END $ablo$;
DO $ablo$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'notes_deck_id_fkey' AND conrelid = '"public"."notes"'::regclass AND (NOT condeferrable OR NOT condeferred OR confdeltype <> 'a')) THEN
    ALTER TABLE "public"."notes" DROP CONSTRAINT "notes_deck_id_fkey";
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'notes_deck_id_fkey' AND conrelid = '"public"."notes"'::regclass) THEN
    ALTER TABLE "public"."notes" ADD CONSTRAINT "notes_deck_id_fkey" FOREIGN KEY ("deck_id") REFERENCES "public"."decks" ("id") ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED NOT VALID;
  END IF;
END $ablo$;
ALTER TABLE "public"."decks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."decks" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "decks_tenant_isolation" ON "public"."decks";
CREATE POLICY "decks_tenant_isolation" ON "public"."decks"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
CREATE POLICY "notes_tenant_isolation" ON "public"."notes"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
