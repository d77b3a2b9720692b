//! Waiting rooms of PCs that join: opened by an owner, asked at once, answered, gone within minutes.

use sqlx::Row;

use super::PostgresStore;
use crate::store::{Knock, ROOMS, Room, RoomId, StoreError};

impl PostgresStore {
    /// Opens a room, or replaces it with all that was said in it. False if too many are open.
    pub(in crate::store) async fn open_room(
        &self,
        id: RoomId,
        offer: &[u8],
        expires_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        // The turn, so that two processes do not both open the last one.
        let Some(mut transaction) = self.turn().await?.hold else {
            return Ok(false);
        };
        sqlx::query("DELETE FROM room WHERE expires_ms <= $1 OR id = $2")
            .bind(now_ms)
            .bind(id.0.as_slice())
            .execute(&mut *transaction)
            .await?;
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM room")
            .fetch_one(&mut *transaction)
            .await?;
        if open >= ROOMS {
            transaction.rollback().await?;
            return Ok(false);
        }
        sqlx::query("INSERT INTO room (id, offer, expires_ms) VALUES ($1, $2, $3)")
            .bind(id.0.as_slice())
            .bind(offer)
            .bind(expires_ms)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// What is said in a room that is open.
    pub(in crate::store) async fn room(
        &self,
        id: RoomId,
        now_ms: i64,
    ) -> Result<Option<Room>, StoreError> {
        let row = sqlx::query(
            "SELECT offer, request, answer, expires_ms FROM room WHERE id = $1 AND expires_ms > $2",
        )
        .bind(id.0.as_slice())
        .bind(now_ms)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Room {
            offer: row.try_get(0)?,
            request: row.try_get(1)?,
            answer: row.try_get(2)?,
            expires_ms: row.try_get(3)?,
        }))
    }

    /// Asks to join; the first one to ask has the room.
    pub(in crate::store) async fn knock(
        &self,
        id: RoomId,
        request: &[u8],
        now_ms: i64,
    ) -> Result<Knock, StoreError> {
        // Whoever comes second waits for the row, and then finds the first one's request in it.
        let held: Option<Vec<u8>> = sqlx::query_scalar(
            "UPDATE room SET request = coalesce(request, $1) WHERE id = $2 AND expires_ms > $3 RETURNING request",
        )
        .bind(request)
        .bind(id.0.as_slice())
        .bind(now_ms)
        .fetch_optional(&self.pool)
        .await?;
        Ok(match held {
            None => Knock::NoRoom,
            Some(held) if held == request => Knock::Heard,
            Some(_) => Knock::Taken,
        })
    }

    /// Answers whoever asked; false if the room is not open or nobody asked.
    pub(in crate::store) async fn answer_room(
        &self,
        id: RoomId,
        answer: &[u8],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE room SET answer = $1 WHERE id = $2 AND expires_ms > $3 AND request IS NOT NULL",
        )
        .bind(answer)
        .bind(id.0.as_slice())
        .bind(now_ms)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Closes a room, if it is open.
    pub(in crate::store) async fn close_room(&self, id: RoomId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM room WHERE id = $1")
            .bind(id.0.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
