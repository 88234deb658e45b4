-- no-transaction
ALTER TABLE "public"."notes" VALIDATE CONSTRAINT "notes_deck_id_fkey";
