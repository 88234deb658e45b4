DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
ALTER TABLE "public"."notes" NO FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "decks_tenant_isolation" ON "public"."decks";
ALTER TABLE "public"."notes" DROP CONSTRAINT IF EXISTS "notes_deck_id_fkey";
DROP INDEX IF EXISTS "public"."notes_stars_idx";
DROP INDEX IF EXISTS "public"."notes_deck_id_idx";
ALTER TABLE "public"."notes" RENAME COLUMN "heading" TO "title";
ALTER TABLE "public"."notes" ALTER COLUMN "stars" DROP NOT NULL;
DO $ablo$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'notes_title_idx' AND indrelid = '"public"."notes"'::regclass) THEN
    CREATE INDEX "notes_title_idx" ON "public"."notes" ("title");
  END IF;
END $ablo$;
ALTER TABLE "public"."notes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."notes" FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
CREATE POLICY "notes_tenant_isolation" ON "public"."notes"
  USING ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''))
  WITH CHECK ("organization_id" = NULLIF(current_setting('app.current_org_id', true), ''));
ALTER TABLE "public"."notes" DROP COLUMN IF EXISTS "deck_id";
DROP TABLE IF EXISTS "public"."decks";
