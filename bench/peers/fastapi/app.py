"""What a developer would write in a day: FastAPI over SQLAlchemy and SQLite. Every change is synced before it is answered."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, delete, event, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker

KEY = "bench"

engine = create_engine(f"sqlite:///{os.environ['BENCH_DATABASE']}")
SessionLocal = sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine, "connect")
def durable(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 30000")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    bubbleId: Mapped[str] = mapped_column(unique=True)
    isMailConfirmed: Mapped[bool | None]
    language: Mapped[str | None]
    lastConnexion: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(index=True)
    mobilePhone: Mapped[str | None]
    producerBubbleId: Mapped[str | None]
    producerId: Mapped[str | None]
    sellerBubbleId: Mapped[str | None]
    sellerId: Mapped[str | None]
    originBubbleId: Mapped[str | None]
    originId: Mapped[str | None]
    lastName: Mapped[str | None]
    firstName: Mapped[str | None]
    status: Mapped[str | None]
    role: Mapped[str | None]
    userSignedUp: Mapped[bool | None]
    avatar: Mapped[str | None]
    isAlgorep: Mapped[bool | None]
    createdAt: Mapped[str | None]
    updatedAt: Mapped[str | None]
    displayName: Mapped[str | None]
    grants: Mapped[list["Grant"]] = relationship(viewonly=True)


class Grant(Base):
    __tablename__ = "grants"

    userId: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    clientId: Mapped[int] = mapped_column(primary_key=True)
    profileId: Mapped[str] = mapped_column(primary_key=True)


class GrantModel(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    clientId: int
    profileId: str


class UserFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    isMailConfirmed: bool | None = None
    language: str | None = None
    lastConnexion: str | None = None
    email: str | None = None
    mobilePhone: str | None = None
    producerBubbleId: str | None = None
    producerId: str | None = None
    sellerBubbleId: str | None = None
    sellerId: str | None = None
    originBubbleId: str | None = None
    originId: str | None = None
    lastName: str | None = None
    firstName: str | None = None
    status: str | None = None
    role: str | None = None
    userSignedUp: bool | None = None
    avatar: str | None = None
    isAlgorep: bool | None = None
    createdAt: str | None = None
    updatedAt: str | None = None
    displayName: str | None = None


class UserPatch(UserFields):
    grants: list[GrantModel] | None = None


class UserAnswer(UserFields):
    model_config = ConfigDict(from_attributes=True)

    id: str
    bubbleId: str


class UserWithGrants(UserAnswer):
    grants: list[GrantModel]


class Page(BaseModel):
    users: list[UserWithGrants]


Base.metadata.create_all(engine)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_key(authorization: Annotated[str, Header()] = "") -> None:
    if authorization != KEY:
        raise HTTPException(401, "Unauthorized")


def session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


Db = Annotated[Session, Depends(session)]
app = FastAPI(dependencies=[Depends(check_key)])


@app.post("/users/{bubble_id}")
def upsert(bubble_id: str, body: UserFields, db: Db) -> UserAnswer:
    sent = body.model_dump(exclude_unset=True)
    fresh = {"id": str(uuid.uuid4()), "bubbleId": bubble_id, "createdAt": now(), "updatedAt": now(), **sent}
    statement = insert(User).values(fresh)
    kept = {name: statement.excluded[name] for name in {*sent, "updatedAt"} - {"createdAt"}}
    statement = statement.on_conflict_do_update(index_elements=[User.bubbleId], set_=kept).returning(User)
    user = db.scalars(statement, execution_options={"populate_existing": True}).one()
    answer = UserAnswer.model_validate(user)
    db.commit()
    return answer


@app.patch("/users/by-id/{id}")
def patch(id: str, body: UserPatch, db: Db) -> UserWithGrants:
    user = db.get(User, id)
    if user is None:
        raise HTTPException(404, "Not Found")
    for name, value in body.model_dump(exclude_unset=True, exclude={"grants"}).items():
        setattr(user, name, value)
    user.updatedAt = now()
    if body.grants is not None:
        db.execute(delete(Grant).where(Grant.userId == id))
        db.add_all(Grant(userId=id, **grant.model_dump()) for grant in body.grants)
    db.flush()
    answer = UserWithGrants.model_validate(user)
    db.commit()
    return answer


@app.get("/users/by-id/{id}")
def get(id: str, db: Db) -> UserWithGrants:
    user = db.get(User, id)
    if user is None:
        raise HTTPException(404, "Not Found")
    return UserWithGrants.model_validate(user)


@app.get("/users")
def users(db: Db, email: str | None = None, limit: int = 50, offset: int = 0) -> Page:
    query = select(User).options(selectinload(User.grants))
    if email is None:
        query = query.order_by(User.id).limit(limit).offset(offset)
    else:
        query = query.where(User.email == email)
    return Page(users=[UserWithGrants.model_validate(user) for user in db.scalars(query)])
